/**
 * One message body passing through: says where it ends and which of its bytes go on, and never holds any. The same class
 * serves both directions.
 */
import { Fault, type FaultCode } from '#core/fault.ts';
import { ChunkEvent, ChunkedDecoder } from '#http1/chunked.ts';
import { BodyKind } from '#http1/framing.ts';

/**
 * What frames the chunks of a body may come to this, and to so many times the payload besides. A chunk costs the same work
 * whatever it holds: one of a single byte takes six. Streams of small pieces in earnest (tokens, events) stay below two
 * bytes of framing for one of payload; single bytes may pass as long as there are no more than some twenty thousand.
 */
const FRAMING_BYTES_FREE = 64 * 1024;
const FRAMING_TIMES_PAYLOAD = 2;

export interface BodySink {
  /** Bytes `buf[start, end)` go on to the other side. */
  forward(buf: Buffer, start: number, end: number): void;
}

export class Body {
  kind: number = BodyKind.none;
  /** Everything has passed. */
  done = true;
  /** The framing is broken: what follows means nothing. */
  failed = false;
  /** What a client did wrong whose body has failed. */
  fault: FaultCode = 0;
  /** Of a body that is not chunked: its bytes so far. */
  #plainBytes = 0;
  /** Bytes of a chunked body so far, framing included. */
  #wireBytes = 0;
  #remaining = 0;
  /** Chunked framing is taken off, for receivers that do not know it. */
  #decode = false;
  #decoder: ChunkedDecoder | null = null;

  /** Payload bytes so far, those handed on at the moment included: what frames them is no part of it. */
  get bytes(): number {
    return this.kind === BodyKind.chunked ? (this.#decoder as ChunkedDecoder).dataBytes : this.#plainBytes;
  }

  begin(kind: number, length: number, decode: boolean): void {
    this.kind = kind;
    this.failed = false;
    this.#plainBytes = 0;
    this.#wireBytes = 0;
    this.#remaining = length;
    this.#decode = decode;
    this.done = kind === BodyKind.none || (kind === BodyKind.length && length === 0);
    if (kind === BodyKind.chunked) {
      this.#decoder ??= new ChunkedDecoder();
      this.#decoder.reset();
    }
  }

  /** Takes `buf[start, end)`, hands on what goes on, and returns the offset behind what belonged to this body. */
  pump(buf: Buffer, start: number, end: number, sink: BodySink): number {
    if (this.kind === BodyKind.chunked) return this.#pumpChunked(buf, start, end, sink);
    let stop = end;
    if (this.kind === BodyKind.length) {
      if (end - start >= this.#remaining) {
        stop = start + this.#remaining;
        this.done = true;
      }
      this.#remaining -= stop - start;
    }
    this.#plainBytes += stop - start;
    if (stop > start) sink.forward(buf, start, stop);
    return stop;
  }

  #pumpChunked(buf: Buffer, start: number, end: number, sink: BodySink): number {
    const decoder = this.#decoder as ChunkedDecoder;
    let at = start;
    let runStart = start;
    while (at < end && !this.done) {
      let next = this.#decode ? at : decoder.scanVerbatim(buf, at, end);
      if (next > at) {
        at = next;
        continue;
      }
      next = decoder.next(buf, at, end);
      const { event } = decoder;
      if (event === ChunkEvent.fault) {
        this.#fail(Fault.badChunk);
        break;
      }
      const stays =
        event === ChunkEvent.data || (!this.#decode && (event === ChunkEvent.framing || event === ChunkEvent.done));
      if (!stays) {
        if (at > runStart) sink.forward(buf, runStart, at);
        runStart = next;
      }
      if (event === ChunkEvent.held && !this.#decode) {
        // A trailer's name that was cut between two reads: now that it is whole it may pass.
        const name = decoder.takeHeld();
        sink.forward(Buffer.from(name.buffer, name.byteOffset, name.byteLength), 0, name.byteLength);
      }
      at = next;
      if (event === ChunkEvent.done) this.done = true;
    }
    if (at > runStart) sink.forward(buf, runStart, at);
    this.#wireBytes += at - start;
    const { dataBytes } = decoder;
    const framingMost = FRAMING_BYTES_FREE + FRAMING_TIMES_PAYLOAD * dataBytes;
    if (this.#wireBytes - dataBytes > framingMost) this.#fail(Fault.chunksTooSmall);
    return at;
  }

  #fail(fault: FaultCode): void {
    this.failed = true;
    this.fault = fault;
  }
}
