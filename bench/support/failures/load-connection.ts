import { Socket } from 'node:net';
import { MessageReader } from '../message-reader.ts';

/** How a request ended: the status of a whole answer, or what became of the connection. */
export type Ended = number | string;

export interface ConnectionOwner {
  readonly onEnd: (request: number, ended: Ended) => void;
  readonly onGone: () => void;
}

const POST_BODY = 'x'.repeat(512);

/** A keep-alive connection of the load: one request at a time. */
export class LoadConnection {
  /** Not to be used again. */
  over = false;
  readonly #socket = new Socket();
  readonly #owner: ConnectionOwner;
  #request = -1;
  #status = 0;

  constructor(port: number, owner: ConnectionOwner) {
    this.#owner = owner;
    const reader = new MessageReader('response', {
      onHead: (head) => {
        this.#status = Number(head.slice(9, 12));
        if (/\r\nconnection: *close/i.test(head)) this.over = true;
      },
      onEnd: () => this.#end(this.#status),
    });
    const socket = this.#socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => reader.push(chunk as Buffer));
    socket.on('end', () => {
      reader.end();
      this.#lose('connection closed');
    });
    socket.on('error', (error: NodeJS.ErrnoException) => this.#lose(error.code ?? error.message));
    socket.on('close', () => this.#lose('connection closed'));
    socket.connect({ port, host: '127.0.0.1' });
  }

  send(request: number, post: boolean): void {
    this.#request = request;
    this.#status = 0;
    const head = `${post ? 'POST' : 'GET'} /proxy/x HTTP/1.1\r\nHost: app.test\r\n`;
    this.#socket.write(
      post ? `${head}Content-Length: ${POST_BODY.length}\r\n\r\n${POST_BODY}` : `${head}\r\n`,
      'latin1',
    );
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #end(ended: Ended): void {
    const request = this.#request;
    if (request < 0) return;
    this.#request = -1;
    if (this.over) this.#socket.end();
    this.#owner.onEnd(request, ended);
  }

  #lose(why: string): void {
    this.over = true;
    this.#end(this.#status === 0 ? why : 'answer cut short');
    this.#owner.onGone();
    this.#socket.destroy();
  }
}
