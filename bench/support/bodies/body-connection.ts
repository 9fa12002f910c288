import { Socket } from 'node:net';
import { MessageReader } from '../message-reader.ts';
import { writeBlocks } from './block-writer.ts';
import type { Kind } from './kinds.ts';
import { Pace } from './pace.ts';

const READ_BYTES = 256 * 1024;

/** One keep-alive connection that moves a body at a time and counts its bytes. */
export class BodyConnection {
  readonly #socket: Socket;
  readonly #reader: MessageReader;
  #kind: Kind | null = null;
  #pace: Pace | null = null;
  #settle: (problem: string) => void = () => {};
  #status = 0;
  #bytes = 0;
  #text = '';

  constructor(port: number) {
    this.#reader = new MessageReader('response', {
      onHead: (head) => (this.#status = Number(head.slice(9, 12))),
      onBody: (part) => this.#take(part),
      onEnd: () => this.#settle(this.#verdict()),
    });
    const buffer = Buffer.allocUnsafe(READ_BYTES);
    const callback = (bytes: number) => this.#read(buffer.subarray(0, bytes));
    this.#socket = new Socket({ onread: { buffer, callback } });
    this.#socket.setNoDelay(true);
    this.#socket.on('error', (error) => this.#settle(error.message));
    this.#socket.on('close', () => this.#settle('the connection was closed'));
    this.#socket.connect({ port, host: '127.0.0.1' });
  }

  /** Moves one body; answers what went wrong, or ''. */
  move(kind: Kind): Promise<string> {
    const { direction, bytes, bytesPerSecond } = kind;
    this.#kind = kind;
    this.#bytes = 0;
    this.#text = '';
    this.#pace = direction === 'download' && bytesPerSecond !== null ? new Pace(bytesPerSecond) : null;
    return new Promise((resolve) => {
      this.#settle = resolve;
      if (direction === 'download') {
        this.#socket.write(`GET /proxy/bytes/${bytes} HTTP/1.1\r\nHost: app.test\r\n\r\n`);
        return;
      }
      const line = `POST /proxy/take/${bytesPerSecond ?? 0} HTTP/1.1`;
      const type = 'Content-Type: application/octet-stream';
      this.#socket.write(`${line}\r\nHost: app.test\r\n${type}\r\nContent-Length: ${bytes}\r\n\r\n`);
      writeBlocks(this.#socket, bytes);
    });
  }

  destroy(): void {
    this.#settle = () => {};
    this.#socket.destroy();
  }

  #read(chunk: Buffer): boolean {
    const restMs = this.#pace?.take(chunk.length) ?? 0;
    this.#reader.push(chunk);
    if (restMs < 1) return true;
    setTimeout(() => this.#socket.resume(), restMs);
    this.#socket.pause();
    return false;
  }

  #take(part: Buffer): void {
    this.#bytes += part.length;
    if (this.#kind?.direction === 'upload') this.#text += part.toString('latin1');
  }

  #verdict(): string {
    if (this.#status !== 200) return `status ${this.#status}`;
    const moved = this.#kind?.direction === 'download' ? this.#bytes : Number(this.#text);
    return moved === this.#kind?.bytes ? '' : `${moved} bytes of ${this.#kind?.bytes}`;
  }
}
