/** What goes to a client: heads staged, bodies behind them, as few writes as there can be. */
import { Fault, type FaultCode } from '#core/fault.ts';
import type { ResponseHead } from '#http1/response-head.ts';
import type { Connection } from '#transport/transport.ts';
import type { BodySink } from './body.ts';
import type { DataPlane } from './data-plane.ts';
import { errorReply, type FaultForm } from './error-reply.ts';
import type { Exchange } from './exchange.ts';
import type { LimitStanding } from './rate-limits.ts';
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
  /** Bytes of the present exchange's answer so far. */
  bytesSent = 0;
  readonly #plane: DataPlane;
  readonly #connection: Connection;
  readonly #listenerRow: number;
  /** The answer's body is being chunked here. */
  #chunking = false;

  constructor(plane: DataPlane, connection: Connection, listenerRow: number) {
    this.#plane = plane;
    this.#connection = connection;
    this.#listenerRow = listenerRow;
  }

  /** A new exchange, with a client that speaks HTTP/1.`versionMinor`. */
  begin(versionMinor: number): void {
    this.versionMinor = versionMinor;
    this.bytesSent = 0;
    this.#chunking = false;
    this.unframed = false;
  }

  /** Puts the answer's head in front of what `forward` brings next; `flush` sends both. */
  stageHead(buf: Buffer, head: ResponseHead, frame: AnswerFrame, exchange: Exchange, chunking: boolean): void {
    const { staging, date } = this.#plane;
    this.#chunking = chunking;
    this.unframed = !frame.chunked && head.contentLength < 0;
    const edits = exchange.responseEdits;
    const { requestId, requestIdLength, standing } = exchange;
    const { limits } = standing;
    const into = staging.reserve(head, edits, limits === null ? 0 : limits.bytesMax);
    let to = writeResponseHead(buf, head, frame, requestId, requestIdLength, edits, date, into, staging.end);
    // In place of the blank line, which follows them.
    if (limits !== null) to = endHead(into, limits.write(standing, into, to - 2));
    staging.end = to;
  }

  /** An informational answer; clients of HTTP/1.0 do not know them. */
  stageInterim(buf: Buffer, head: ResponseHead): void {
    if (this.versionMinor === 0) return;
    const { staging } = this.#plane;
    const into = staging.reserve(head, null, 0);
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
  fault(fault: FaultCode, how: FaultForm & { readonly close: boolean }, standing: LimitStanding | null): void {
    const keepAlive10 = !how.close && this.versionMinor === 0;
    const date = this.#plane.date.at(Date.now());
    const retryAfterSeconds =
      fault === Fault.rateLimited && standing !== null ? standing.retrySeconds : RETRY_AFTER_SECONDS;
    const limitLines = standing === null ? '' : limitText(standing);
    const message = errorReply(fault, { ...how, keepAlive10, retryAfterSeconds, limitLines }, date);
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
    this.bytesSent += end - start;
    this.#plane.recorder.bytes(0, end - start, this.#listenerRow);
    this.#connection.write(buf, start, end);
  }
}

function endHead(into: Buffer, at: number): number {
  into[at] = 13;
  into[at + 1] = 10;
  return at + 2;
}

/** The fields that say how a request stands with its limits, as text; '' where it met none. */
function limitText(standing: LimitStanding): string {
  const { limits } = standing;
  if (limits === null) return '';
  const into = Buffer.alloc(limits.bytesMax);
  return into.toString('latin1', 0, limits.write(standing, into, 0));
}
