/** A client's keep-alive connection: one request at a time, raw bytes out, whole answers in. */
import { createConnection, type Socket } from 'node:net';
import { MessageReader } from '../../../bench/support/message-reader.ts';
import { requestBody, ID_HEADER } from './payload.ts';

/** What a request is like. */
export interface Shape {
  readonly method: string;
  /** Bytes of its body; undefined: it has none. */
  readonly bytes?: number;
  readonly chunked?: boolean;
}

/** What came back, as raw as it came. */
export interface Raw {
  /** '' when none came. */
  head: string;
  readonly body: Buffer[];
  /** The end of the answer came as its framing says. */
  whole: boolean;
  /** The error code of a connection that broke, '' of one that ended. */
  error: string;
}

export interface ConnectionOwner {
  onAnswer(connection: LoadConnection, raw: Raw): void;
  onGone(connection: LoadConnection): void;
}

const CHUNK_BYTES = 7000;

export class LoadConnection {
  /** It has been told to end, or has ended. */
  over = false;
  readonly #socket: Socket;
  readonly #owner: ConnectionOwner;
  #raw: Raw | null = null;
  #error = '';

  constructor(port: number, owner: ConnectionOwner) {
    this.#owner = owner;
    this.#socket = createConnection({ host: '127.0.0.1', port, noDelay: true });
    const reader = new MessageReader('response', {
      onHead: (head) => {
        if (this.#raw !== null) this.#raw.head = head;
        if (/\r\nconnection: *close/i.test(head)) this.over = true;
      },
      onBody: (bytes) => this.#raw?.body.push(Buffer.from(bytes)),
      onEnd: () => this.#finish(true),
    });
    this.#socket.on('data', (chunk) => reader.push(chunk as Buffer));
    this.#socket.on('end', () => reader.end());
    this.#socket.on('error', (error: NodeJS.ErrnoException) => (this.#error = error.code ?? error.message));
    this.#socket.on('close', () => {
      this.over = true;
      if (this.#raw !== null) this.#finish(false);
      this.#owner.onGone(this);
    });
  }

  send(id: string, path: string, shape: Shape): void {
    this.#raw = { head: '', body: [], whole: false, error: '' };
    const { method, bytes, chunked = false } = shape;
    const framing =
      bytes === undefined ? '' : chunked ? 'Transfer-Encoding: chunked\r\n' : `Content-Length: ${bytes}\r\n`;
    const head = `${method} ${path} HTTP/1.1\r\nHost: app.test\r\n${ID_HEADER}: ${id}\r\n${framing}\r\n`;
    if (bytes === undefined) {
      this.#socket.write(head, 'latin1');
      return;
    }
    const body = requestBody(id, bytes);
    this.#socket.write(Buffer.concat([Buffer.from(head, 'latin1'), ...(chunked ? inChunks(body) : [body])]));
  }

  /** For people who wonder why there is no answer. */
  get state(): string {
    const { readyState, localPort, bytesRead, bytesWritten, destroyed } = this.#socket;
    const has = this.#raw === null ? 'nothing asked' : this.#raw.head === '' ? 'no head' : 'head, not all of the body';
    return `${readyState}${destroyed ? ' destroyed' : ''} from ${localPort}: ${bytesWritten} out, ${bytesRead} in, ${has}`;
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #finish(whole: boolean): void {
    const raw = this.#raw;
    if (raw === null) return;
    this.#raw = null;
    raw.whole = whole;
    raw.error = this.#error;
    if (this.over) this.#socket.destroy();
    this.#owner.onAnswer(this, raw);
  }
}

function inChunks(body: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  for (let at = 0; at < body.length; at += CHUNK_BYTES) {
    const part = body.subarray(at, at + CHUNK_BYTES);
    parts.push(Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n'));
  }
  return [...parts, Buffer.from('0\r\n\r\n')];
}
