import { Socket } from 'node:net';
import { MessageReader } from '../message-reader.ts';

/** How a request ended: its status (0: no whole answer) and the first byte of the body (-1: none). */
export type Answered = (request: number, status: number, firstByte: number) => void;

interface Connection {
  readonly socket: Socket;
  /** The number of the request under way, or -1. */
  request: number;
  status: number;
  firstByte: number;
  close: boolean;
}

const CONNECTIONS_MAX = 8000;

/** Keep-alive connections to one port, last in first out; a request that finds none idle opens one. */
export class ConnectionPool {
  readonly #port: number;
  readonly #answered: Answered;
  readonly #all = new Set<Connection>();
  readonly #idle: Connection[] = [];

  constructor(port: number, answered: Answered) {
    this.#port = port;
    this.#answered = answered;
  }

  send(request: number): void {
    if (this.#idle.length === 0 && this.#all.size >= CONNECTIONS_MAX) {
      this.#answered(request, 0, -1);
      return;
    }
    const connection = this.#idle.pop() ?? this.#connect();
    connection.request = request;
    connection.firstByte = -1;
    connection.socket.write(`GET /proxy/r${request} HTTP/1.1\r\nHost: app.test\r\n\r\n`, 'latin1');
  }

  destroy(): void {
    for (const connection of this.#all) connection.socket.destroy();
  }

  #connect(): Connection {
    const socket = new Socket();
    const connection: Connection = { socket, request: -1, status: 0, firstByte: -1, close: false };
    const reader = new MessageReader('response', {
      onHead: (head) => {
        connection.status = Number(head.slice(9, 12));
        connection.close = /\r\nconnection: *close/i.test(head);
      },
      onBody: (bytes) => {
        if (connection.firstByte < 0) connection.firstByte = bytes[0]!;
      },
      onEnd: () => this.#settle(connection),
    });
    socket.setNoDelay(true);
    socket.on('data', (chunk) => reader.push(chunk as Buffer));
    socket.on('end', () => {
      reader.end();
      this.#lose(connection);
    });
    socket.on('error', () => this.#lose(connection));
    socket.on('close', () => this.#lose(connection));
    socket.connect({ port: this.#port, host: '127.0.0.1' });
    this.#all.add(connection);
    return connection;
  }

  #settle(connection: Connection): void {
    const { request } = connection;
    connection.request = -1;
    if (connection.close) this.#lose(connection);
    else this.#idle.push(connection);
    this.#answered(request, connection.status, connection.firstByte);
  }

  #lose(connection: Connection): void {
    if (!this.#all.delete(connection)) return;
    const at = this.#idle.indexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
    if (connection.request >= 0) this.#answered(connection.request, 0, -1);
    connection.socket.destroy();
  }
}
