/** What goes to a client: heads staged, bodies behind them, as few writes as there can be. */
import type { FaultCode } from '#core/fault.ts';
import type { ResponseHead } from '#http1/response-head.ts';
import type { Connection } from '#transport/transport.ts';
import type { BodySink } from './body.ts';
import type { DataPlane } from './data-plane.ts';
import { errorReply, type ErrorReplyOptions } from './error-reply.ts';
import type { Exchange } from './exchange.ts';
import { writeInterimHead, writeResponseHead, type AnswerFrame } from './response-writer.ts';

/** What refuses now may be over in a moment. */
const RETRY_AFTER_SECONDS = 1;
const LAST_CHUNK = Buffer.from('0\r\n\r\n', 'latin1');
const CRLF = Buffer.from('\r\n', 'latin1');

export class ClientOutput implements BodySink {
  /** The answer's body ends with the connection: nothing else tells the client that it is whole. */
  unframed = false;
  /** The client speaks HTTP/1.`versionMinor`. */
  versionMinor = 1;
  readonly #plane: DataPlane;
  readonly #connection: Connection;
  /** The answer's body is being chunked here. */
  #chunking = false;

  constructor(plane: DataPlane, connection: Connection) {
    this.#plane = plane;
    this.#connection = connection;
  }

  /** A new exchange, with a client that speaks HTTP/1.`versionMinor`. */
  begin(versionMinor: number): void {
    this.versionMinor = versionMinor;
    this.#chunking = false;
    this.unframed = false;
  }

  /** Puts the answer's head in front of what `forward` brings next; `flush` sends both. */
  stageHead(buf: Buffer, head: ResponseHead, frame: AnswerFrame, exchange: Exchange, chunking: boolean): void {
    const { staging, date } = this.#plane;
    this.#chunking = chunking;
    this.unframed = !frame.chunked && head.contentLength < 0;
    const edits = exchange.responseEdits;
    const into = staging.reserve(head, edits);
    const { requestId, requestIdLength } = exchange;
    staging.end = writeResponseHead(buf, head, frame, requestId, requestIdLength, edits, date, into, staging.end);
  }

  /** An informational answer; clients of HTTP/1.0 do not know them. */
  stageInterim(buf: Buffer, head: ResponseHead): void {
    if (this.versionMinor === 0) return;
    const { staging } = this.#plane;
    const into = staging.reserve(head, null);
    staging.end = writeInterimHead(buf, head, into, staging.end);
  }

  forward(buf: Buffer, start: number, end: number): void {
    if (!this.#chunking) {
      this.#send(buf, start, end);
      return;
    }
    const size = Buffer.from(`${(end - start).toString(16)}\r\n`, 'latin1');
    this.#send(size, 0, size.length);
    this.#send(buf, start, end);
    this.#send(CRLF, 0, 2);
  }

  /** The backend ended a body that only its connection delimits. */
  finishUnframed(): void {
    if (this.#chunking) this.#send(LAST_CHUNK, 0, LAST_CHUNK.length);
    this.flush();
  }

  /** An answer of the proxy's own, in place of anything staged. */
  fault(fault: FaultCode, how: Pick<ErrorReplyOptions, 'json' | 'headOnly' | 'close' | 'requestId'>): void {
    const keepAlive10 = !how.close && this.versionMinor === 0;
    const date = this.#plane.date.at(Date.now());
    const message = errorReply(fault, { ...how, keepAlive10, retryAfterSeconds: RETRY_AFTER_SECONDS }, date);
    this.#plane.staging.end = 0;
    this.#write(message, 0, message.length);
  }

  /** Sends what is staged. */
  flush(): void {
    const { staging } = this.#plane;
    if (staging.end === 0) return;
    const { end } = staging;
    staging.end = 0;
    this.#write(staging.buffer, 0, end);
  }

  #send(buf: Buffer, start: number, end: number): void {
    if (this.#plane.staging.append(buf, start, end)) return;
    this.flush();
    this.#write(buf, start, end);
  }

  #write(buf: Buffer, start: number, end: number): void {
    this.#plane.recorder.bytes(0, end - start);
    this.#connection.write(buf, start, end);
  }
}
