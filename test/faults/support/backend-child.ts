/**
 * A backend of the fault tests, run as a process of its own (arguments: id, port, journal file). It speaks HTTP/1.1 on bare
 * sockets so that it can break every rule, and writes down each request at once, so that its journal outlives a SIGKILL.
 */
import { createHash, type Hash } from 'node:crypto';
import { openSync, writeSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { MessageReader } from '../../../bench/support/message-reader.ts';
import { USUAL, type Behaviour, type Command, type Told } from './behaviour.ts';
import { answerBody, BACKEND_HEADER, fieldOf, ID_HEADER, RECEIVED_HEADER } from './payload.ts';

const [id, portText, journalFile] = process.argv.slice(2) as [string, string, string];
const port = Number(portText);
const journal = openSync(journalFile, 'a');
const BACKLOG = 511;

let behaviour: Behaviour = USUAL;
let leaving = false;
let asked = 0;
let server: Server | null = null;
const connections = new Set<Connection>();
const held: (() => void)[] = [];

/** One line: `mark request …`. */
function note(mark: string, request: string, rest = ''): void {
  writeSync(journal, `${mark} ${request}${rest === '' ? '' : ` ${rest}`}\n`);
}

class Connection {
  busy = false;
  readonly socket: Socket;
  #head = '';
  #id = '';
  #bytes = 0;
  #hash: Hash = createHash('sha1');
  #upgraded = false;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    const reader = new MessageReader('request', {
      onHead: (head) => this.#onHead(head),
      onBody: (bytes) => {
        this.#bytes += bytes.length;
        this.#hash.update(bytes);
      },
      onEnd: () => this.#onEnd(),
    });
    socket.on('data', (chunk) => {
      if (this.#upgraded) socket.write(chunk);
      else reader.push(chunk as Buffer);
    });
    socket.on('error', () => {});
    socket.on('end', () => socket.end());
    socket.on('timeout', () => socket.end());
    socket.on('close', () => {
      connections.delete(this);
      leaveWhenDone();
    });
  }

  #onHead(head: string): void {
    this.busy = true;
    this.socket.setTimeout(0);
    this.#head = head;
    this.#id = fieldOf(head, ID_HEADER);
    this.#bytes = 0;
    this.#hash = createHash('sha1');
    if (this.#id !== '') note('+', this.#id, head.slice(0, head.indexOf(' ')));
  }

  #onEnd(): void {
    const { socket } = this;
    if (/ \/healthz /.test(this.#head)) {
      this.#send(behaviour.healthy ? '200 OK' : '503 Not Ready', Buffer.from('state'), '');
      return;
    }
    if (/\r\nupgrade:/i.test(this.#head)) {
      this.#upgraded = true;
      const upgrade = fieldOf(this.#head, 'upgrade');
      socket.write(`HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: ${upgrade}\r\n\r\n`);
      return;
    }
    const received = `${this.#bytes}/${this.#hash.digest('hex')}`;
    note('=', this.#id, received);
    const { mode, delayMs } = behaviour;
    if (mode === 'reset') socket.resetAndDestroy();
    else if (mode === 'close') socket.end();
    else if (mode === 'garbage') socket.end('%PDF-1.7 this is not the answer that you were looking for\r\n\r\n');
    else if (mode === 'hold') held.push(() => this.#answer(received));
    else if (delayMs > 0) setTimeout(() => this.#answer(received), delayMs);
    else this.#answer(received);
  }

  #answer(received: string): void {
    const { mode, failShare, failStatus, retryAfter, bytes } = behaviour;
    const fields = `${BACKEND_HEADER}: ${id}\r\n${RECEIVED_HEADER}: ${received}\r\n`;
    asked += 1;
    if (Math.floor(asked * failShare) > Math.floor((asked - 1) * failShare)) {
      note('!', this.#id);
      const later = retryAfter === '' ? '' : `Retry-After: ${retryAfter}\r\n`;
      this.#send(`${failStatus} Failing`, Buffer.from('failing'), fields + later);
      return;
    }
    const body = answerBody(id, this.#id, bytes);
    if (mode === 'cut' || mode === 'cut-clean') {
      this.socket.write(headOf('200 OK', body.length, fields));
      this.socket.write(body.subarray(0, body.length >> 1), () => {
        if (mode === 'cut') this.socket.resetAndDestroy();
        else this.socket.end();
      });
      return;
    }
    this.#send('200 OK', body, fields);
    note('-', this.#id);
  }

  #send(status: string, body: Buffer, fields: string): void {
    const { socket } = this;
    if (socket.destroyed) return;
    const close = behaviour.closing || leaving;
    const head = headOf(status, body.length, `${fields}${close ? 'Connection: close\r\n' : ''}`);
    socket.write(Buffer.concat([Buffer.from(head, 'latin1'), body]));
    this.busy = false;
    if (close) socket.end();
    else this.#idle();
  }

  #idle(): void {
    if (behaviour.idleMs > 0) this.socket.setTimeout(behaviour.idleMs);
  }
}

function headOf(status: string, length: number, fields: string): string {
  return `HTTP/1.1 ${status}\r\nContent-Type: text/plain\r\nContent-Length: ${length}\r\n${fields}\r\n`;
}

function tell(told: Told): void {
  process.send?.(told);
}

function listen(backlog: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server = createServer({ allowHalfOpen: true }, (socket) => connections.add(new Connection(socket)));
    server.once('error', reject);
    server.listen({ port, host: '127.0.0.1', backlog }, resolve);
  });
}

function stopListening(): void {
  server?.close();
  server = null;
}

function leaveWhenDone(): void {
  if (leaving && connections.size === 0) process.exit(0);
}

async function obey(command: Command): Promise<void> {
  if ('set' in command) behaviour = { ...behaviour, ...command.set };
  else if ('release' in command) for (const answer of held.splice(0)) answer();
  else if ('listen' in command) {
    stopListening();
    await listen(command.listen.backlog);
  } else {
    stopListening();
    if ('leave' in command) leaving = true;
    for (const { busy, socket } of connections) {
      if ('refuse' in command) socket.resetAndDestroy();
      else if (!busy) socket.end();
    }
  }
  tell({ done: command.seq });
  leaveWhenDone();
}

process.on('message', (command: Command) => void obey(command));
process.on('disconnect', () => process.exit(0));
try {
  await listen(BACKLOG);
  tell({ listening: port });
} catch {
  tell({ taken: true });
}
