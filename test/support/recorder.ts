/**
 * A strict backend: it records exactly what it was sent, reads it with its own parser, and notes whatever is malformed
 * or could be read in two ways. It answers 200 with a small body that names the request, or bytes that a test scripts.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { MessageReader, type Message } from './strict-message.ts';

/** Bytes instead of the usual answer. */
export interface Script {
  readonly raw: string;
  /** More bytes, each after a wait in milliseconds. */
  readonly parts?: readonly (readonly [afterMs: number, bytes: string])[];
  /** What happens to the connection afterwards; nothing when absent. */
  readonly end?: 'close' | 'reset';
  /** Answer when the head is there ('headers'), or the whole request. */
  readonly when?: 'headers' | 'request';
}

export interface Recorded {
  /** Counts connections from 0. */
  readonly connection: number;
  readonly message: Message;
}

export class Recorder {
  /** Requests in the order in which their heads came, incomplete ones included. */
  readonly requests: Recorded[] = [];
  /** What each connection sent, latin1. */
  readonly sent: string[] = [];
  /** Connections that have ended, by number. */
  readonly ended = new Set<number>();
  /** Chooses the answer; null gives the usual one. */
  script: (request: Message) => Script | null = () => null;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #wake: () => void = () => {};

  private constructor() {
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#serve(socket));
  }

  static async start(port = 0): Promise<Recorder> {
    const recorder = new Recorder();
    await new Promise<void>((resolve, reject) => {
      recorder.#server.once('error', reject);
      recorder.#server.listen({ port, host: '127.0.0.1' }, resolve);
    });
    return recorder;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Everything that was flawed in what was sent, with the request line it was found in. */
  get flaws(): string[] {
    return this.requests.flatMap(({ message }) => message.flaws.map((flaw) => `${message.startLine}: ${flaw}`));
  }

  /** Forgets what was recorded; open connections stay. */
  clear(): void {
    this.requests.length = 0;
    for (let i = 0; i < this.sent.length; i++) this.sent[i] = '';
  }

  /** Waits until `done()` holds or `timeoutMs` have passed; whether it holds. */
  async until(done: () => boolean, timeoutMs = 5000): Promise<boolean> {
    const deadline = performance.now() + timeoutMs;
    while (!done()) {
      const left = deadline - performance.now();
      if (left <= 0) return false;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return true;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #serve(socket: Socket): void {
    const connection = this.sent.push('') - 1;
    const reader = new MessageReader('request');
    let seen = 0;
    let answered = 0;
    this.#sockets.add(socket);
    socket.setNoDelay(true);

    const answerWhatCame = () => {
      for (; seen < reader.messages.length; seen++) this.requests.push({ connection, message: reader.messages[seen]! });
      for (; answered < reader.messages.length; answered++) {
        const message = reader.messages[answered]!;
        if (message.flaws.length > 0) {
          socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
          answered += 1;
          return;
        }
        const script = this.script(message);
        if (!message.complete && script?.when !== 'headers') return;
        if (script === null) socket.write(usualAnswer(message), 'latin1');
        else play(socket, script);
      }
    };
    socket.on('data', (chunk) => {
      const text = chunk.toString('latin1');
      this.sent[connection] += text;
      reader.push(text);
      answerWhatCame();
      this.#wake();
    });
    socket.on('end', () => socket.end());
    socket.on('error', () => {});
    socket.on('close', () => {
      this.ended.add(connection);
      this.#sockets.delete(socket);
      this.#wake();
    });
  }
}

/** `METHOD target` in the body: which request an answer belongs to can be read from it. */
export function usualBody(method: string, target: string): string {
  return `${method} ${target}\n`;
}

function usualAnswer(request: Message): string {
  const [method = '', target = ''] = request.startLine.split(' ');
  const body = usualBody(method, target);
  const head = `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n`;
  return method === 'HEAD' ? head : head + body;
}

function play(socket: Socket, script: Script): void {
  const finish = () => {
    if (script.end === 'close') socket.end();
    if (script.end === 'reset') socket.resetAndDestroy();
  };
  const rest = [...(script.parts ?? [])];
  const next = () => {
    const part = rest.shift();
    if (part === undefined) return finish();
    setTimeout(() => {
      if (!socket.destroyed) socket.write(part[1], 'latin1', next);
    }, part[0]);
  };
  if (script.raw === '') next();
  else socket.write(script.raw, 'latin1', next);
}
