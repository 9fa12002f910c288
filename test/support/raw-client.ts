/** A TCP client that sends exactly the bytes it is given, and waits for what comes back by looking at it. */
import { connect, type Socket } from 'node:net';
import { MessageReader, type Message } from './strict-message.ts';

export interface RawClientOptions {
  readonly port: number;
  readonly host?: string;
  /** The methods of the requests that will be sent, in order: an answer to HEAD has no body. */
  readonly methods?: readonly string[];
}

export class RawClient {
  /** Everything received, latin1. */
  received = '';
  /** The peer sent its last byte, or the connection was reset. */
  closed = false;
  /** The connection was reset rather than ended. */
  wasReset = false;
  readonly #socket: Socket;
  readonly #reader: MessageReader;
  #wake: () => void = () => {};

  private constructor(socket: Socket, methods: readonly string[]) {
    this.#socket = socket;
    this.#reader = new MessageReader('response', methods);
    socket.setNoDelay(true);
    socket.on('data', (chunk) => {
      const text = chunk.toString('latin1');
      this.received += text;
      this.#reader.push(text);
      this.#wake();
    });
    const close = () => {
      // What ends with its connection is whole only when the connection was ended, not reset.
      if (!this.closed && !this.wasReset) this.#reader.end();
      this.closed = true;
      this.#wake();
    };
    socket.on('end', close);
    socket.on('close', close);
    socket.on('error', () => {
      this.wasReset = true;
    });
  }

  static connect(options: RawClientOptions): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port: options.port, host: options.host ?? '127.0.0.1', allowHalfOpen: true });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new RawClient(socket, options.methods ?? []));
      });
    });
  }

  /** Answers begun, interim ones (1xx) included. */
  get messages(): readonly Message[] {
    return this.#reader.messages;
  }

  /** Whole final answers. */
  get answers(): Message[] {
    return this.#reader.complete.filter((message) => !/^HTTP\/1\.1 1\d\d/.test(message.startLine));
  }

  /** Bytes behind the last answer. */
  get leftover(): string {
    return this.#reader.leftover;
  }

  /** Sends each part in a segment of its own. */
  async send(...parts: readonly (string | Buffer)[]): Promise<void> {
    for (const part of parts) {
      if (this.#socket.destroyed || this.#socket.writableEnded) return;
      const bytes = typeof part === 'string' ? Buffer.from(part, 'latin1') : part;
      await new Promise<void>((resolve) => {
        this.#socket.once('close', resolve);
        this.#socket.write(bytes, () => {
          this.#socket.off('close', resolve);
          setImmediate(resolve);
        });
      });
    }
  }

  /** Waits until `done()` holds, the connection is closed, or `timeoutMs` have passed; whether `done()` holds. */
  async until(done: () => boolean, timeoutMs = 5000): Promise<boolean> {
    const deadline = performance.now() + timeoutMs;
    while (!done() && !this.closed) {
      const left = deadline - performance.now();
      if (left <= 0) break;
      await this.#change(left);
    }
    return done();
  }

  /** Waits until nothing has come for `ms`, or the connection is closed. */
  async untilQuiet(ms: number): Promise<void> {
    for (let seen = -1; seen !== this.received.length && !this.closed;) {
      seen = this.received.length;
      await this.#change(ms);
    }
  }

  /** Sends one request and gives its answer. */
  async ask(request: string, timeoutMs = 5000): Promise<Message> {
    const before = this.answers.length;
    await this.send(request);
    await this.until(() => this.answers.length > before, timeoutMs);
    const answer = this.answers[before];
    if (answer === undefined) {
      const [line] = request.split('\r\n', 1);
      throw new Error(`no answer to '${line}' (${request.length} bytes), only ${JSON.stringify(this.received)}`);
    }
    return answer;
  }

  async untilClosed(timeoutMs = 5000): Promise<boolean> {
    await this.until(() => this.closed, timeoutMs);
    return this.closed;
  }

  /** Tells the peer that no more comes; reading goes on. */
  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  reset(): void {
    this.#socket.resetAndDestroy();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  #change(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
