/** Raw TCP at both ends of the proxy: exact bytes out, exact bytes in, and no sleeping: every wait is for an event. */
import { createServer, createConnection, type Server, type Socket } from 'node:net';

/** One end of a connection. Bytes are latin1 strings. */
export class Wire {
  /** Everything received so far and not yet taken. */
  received = '';
  ended = false;
  /** The error code of an abrupt end, '' for a clean one, null while open. */
  closed: string | null = null;
  readonly socket: Socket;
  #waiting: (() => void)[] = [];
  #error = '';

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => {
      this.received += text;
      this.#wake();
    });
    socket.on('end', () => {
      this.ended = true;
      this.#wake();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.#error = error.code ?? 'error';
    });
    socket.on('close', () => {
      this.closed = this.#error;
      this.ended = true;
      this.#wake();
    });
  }

  send(text: string): void {
    this.socket.write(text, 'latin1');
  }

  /** Waits until `test` holds, looked at after every event of this connection. */
  async until(what: string, test: () => boolean): Promise<void> {
    while (!test()) {
      if (this.closed !== null)
        throw new Error(`${what}: the connection is gone; received ${JSON.stringify(this.received)}`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Takes everything up to and including the first match of `pattern`. */
  async take(pattern: RegExp): Promise<string> {
    let end = -1;
    await this.until(`waiting for ${pattern}`, () => {
      const match = pattern.exec(this.received);
      end = match === null ? -1 : match.index + match[0].length;
      return match !== null;
    });
    const taken = this.received.slice(0, end);
    this.received = this.received.slice(end);
    return taken;
  }

  /** Takes one message: the head, and as much body as its Content-Length or chunks say. */
  async message(): Promise<{ head: string; body: string }> {
    const head = await this.take(/\r\n\r\n/);
    const length = /^content-length: *(\d+)/im.exec(head);
    if (/^transfer-encoding: *chunked/im.test(head)) {
      const body = await this.take(/(^|\r\n)0\r\n(?:[^\r\n]+\r\n)*\r\n/);
      return { head, body };
    }
    const bytes = length === null ? 0 : Number(length[1]);
    await this.until(`waiting for ${bytes} bytes`, () => this.received.length >= bytes);
    const body = this.received.slice(0, bytes);
    this.received = this.received.slice(bytes);
    return { head, body };
  }

  /** Waits for the other side's last byte. */
  async end(): Promise<void> {
    while (!this.ended) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Waits until the connection is gone; returns the error code, '' for a clean end. */
  async gone(): Promise<string> {
    while (this.closed === null) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return this.closed;
  }

  #wake(): void {
    for (const resume of this.#waiting.splice(0)) resume();
  }
}

/** A client on a connected socket. */
export async function dial(port: number, halfOpen = false): Promise<Wire> {
  const socket = createConnection({ host: '127.0.0.1', port, allowHalfOpen: halfOpen });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  return new Wire(socket);
}

/** A server whose connections are taken one by one. */
export class WireServer {
  readonly #server: Server;
  readonly #queue: Wire[] = [];
  /** All that were accepted: one that nobody ends keeps the process of a test alive. */
  readonly #sockets: Socket[] = [];
  #waiting: (() => void)[] = [];
  accepted = 0;
  /** The connection accepted last, taken or not. */
  latest: Wire | null = null;

  constructor() {
    this.#server = createServer({ allowHalfOpen: true }, (socket) => {
      this.accepted++;
      this.#sockets.push(socket);
      this.latest = new Wire(socket);
      this.#queue.push(this.latest);
      for (const resume of this.#waiting.splice(0)) resume();
    });
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return (this.#server.address() as { port: number }).port;
  }

  async accept(): Promise<Wire> {
    while (this.#queue.length === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return this.#queue.shift() as Wire;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets.splice(0)) socket.destroy();
  }
}
