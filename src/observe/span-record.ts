/**
 * A sampled exchange on its way from its worker to whoever makes spans of it: a compact record of bytes, written straight into
 * the worker's ring (memory/span-ring.ts). Nothing is formatted, escaped or redacted by the worker; names and numbers are
 * copied. Reader and writer of the layout stand side by side here: keep them alike.
 */
import { G, type CounterRow } from '#memory/counters.ts';
import type { SpanRing } from '#memory/span-ring.ts';
import {
  AGENT_BYTES_MAX,
  ATTEMPTS_MAX,
  HOST_BYTES_MAX,
  METHOD_BYTES_MAX,
  TARGET_BYTES_MAX,
  type ExchangeNotes,
} from './exchange-notes.ts';
import { STATE_BYTES_MAX } from './span-notes.ts';
import { TRACE_ID_DIGITS } from './trace-context.ts';

/** Names, ids and addresses; a longer one is cut. */
const TEXT_BYTES_MAX = 256;
const FIXED_BYTES = 128;
const ATTEMPT_FIXED_BYTES = 64;
const PARTS_BYTES_MAX = METHOD_BYTES_MAX + TARGET_BYTES_MAX + HOST_BYTES_MAX + AGENT_BYTES_MAX;
/** As much as an exchange can come to; a usual one takes 600 bytes. */
export const RECORD_BYTES_MAX: number =
  FIXED_BYTES +
  PARTS_BYTES_MAX +
  STATE_BYTES_MAX +
  8 * (TEXT_BYTES_MAX + 2) +
  ATTEMPTS_MAX * (ATTEMPT_FIXED_BYTES + 2 * (TEXT_BYTES_MAX + 2));

/** Bits of a record. */
const HAS_CLIENT = 1;
const SECURE = 2;

/** The wall clock was set when it is so far behind what was thought. */
const CLOCK_SET_MS = 2;

/** One attempt of a record. Milliseconds from its start, but for `startMs`, which counts from the exchange's. */
export interface AttemptRecord {
  readonly spanHigh: number;
  readonly spanLow: number;
  readonly ordinal: number;
  readonly reason: number;
  readonly outcome: number;
  readonly status: number;
  readonly startMs: number;
  /** Negative: it did not wait, did not connect, was not answered. */
  readonly backoffMs: number;
  readonly connectMs: number;
  readonly firstByteMs: number;
  readonly ms: number;
  readonly backend: string;
  /** `host:port` or a socket's path, with `https://` in front where it is spoken to over TLS. */
  readonly authority: string;
}

/** What a record says. Its byte arrays are the ring's: they count only until the reader returns. */
export interface SpanRecord {
  /** Milliseconds since 1970. */
  readonly startMs: number;
  readonly ms: number;
  readonly queueMs: number;
  readonly traceId: string;
  readonly parentHigh: number;
  readonly parentLow: number;
  readonly spanHigh: number;
  readonly spanLow: number;
  readonly flags: number;
  /** The client came by TLS. */
  readonly secure: boolean;
  readonly versionMinor: number;
  readonly status: number;
  readonly fault: number;
  /** The client behind trusted proxies, as `AddressBytes` has it; null: the peer. */
  readonly client: readonly [number, number, number, number] | null;
  readonly peerPort: number;
  readonly stripBytes: number;
  /** All of them; `attempts` may hold less. */
  readonly attemptCount: number;
  readonly method: string;
  readonly target: Uint8Array;
  readonly host: string;
  readonly userAgent: string;
  readonly peer: string;
  readonly listener: string;
  readonly route: string;
  readonly pattern: string;
  readonly pool: string;
  readonly strategy: string;
  readonly backend: string;
  readonly requestId: string;
  readonly state: string;
  readonly attempts: readonly AttemptRecord[];
}

/** Writes the records of one worker. */
export class SpanWriter {
  readonly #ring: SpanRing;
  readonly #counters: CounterRow;
  readonly #cursor: Cursor;
  /** What `performance.now()` lacks to the wall clock, which counts whole milliseconds: the most that was seen is nearest. */
  #wallMs = 0;

  constructor(ring: SpanRing, counters: CounterRow) {
    this.#ring = ring;
    this.#counters = counters;
    this.#cursor = new Cursor(bufferOver(ring.bytes));
  }

  /** The exchange is over; `nowMs` is `performance.now()`. Where there is no room its spans are dropped and counted. */
  write(notes: ExchangeNotes, nowMs: number): void {
    const at = this.#ring.reserve(RECORD_BYTES_MAX);
    if (at === -1) {
      this.#counters.global[G.spansDropped]! += 1 + notes.attempts;
      return;
    }
    const wallMs = Date.now() - performance.now();
    if (wallMs > this.#wallMs || wallMs < this.#wallMs - CLOCK_SET_MS) this.#wallMs = wallMs;
    const cursor = this.#cursor;
    cursor.at = at;
    putRecord(cursor, notes, notes.startedMs + this.#wallMs, nowMs - notes.startedMs);
    this.#ring.commit(cursor.at);
  }
}

/** Reads the record at `bytes[start, end)`. */
export function readRecord(bytes: Uint8Array, start: number, end: number): SpanRecord {
  const from = new Cursor(bufferOver(bytes).subarray(0, end));
  from.at = start;
  const head = {
    startMs: from.f64(),
    ms: from.f64(),
    queueMs: from.f64(),
    traceId: from.digits(),
    parentHigh: from.u32(),
    parentLow: from.u32(),
    spanHigh: from.u32(),
    spanLow: from.u32(),
    flags: from.u16(),
    versionMinor: from.u16() - 1,
    status: from.u16(),
    fault: from.u16(),
  };
  const bits = from.u16();
  const exchange = {
    ...head,
    secure: (bits & SECURE) !== 0,
    client: (bits & HAS_CLIENT) === 0 ? null : ([from.u32(), from.u32(), from.u32(), from.u32()] as const),
    peerPort: from.u16(),
    stripBytes: from.u16(),
    attemptCount: from.u16(),
    method: from.text(),
    target: from.bytes(),
    host: from.text(),
    userAgent: from.text(),
    peer: from.text(),
    listener: from.text(),
    route: from.text(),
    pattern: from.text(),
    pool: from.text(),
    strategy: from.text(),
    backend: from.text(),
    requestId: from.text(),
    state: from.text(),
  };
  const attempts: AttemptRecord[] = [];
  for (let at = 0; at < Math.min(exchange.attemptCount, ATTEMPTS_MAX); at++) attempts.push(readAttempt(from));
  return { ...exchange, attempts };
}

function readAttempt(from: Cursor): AttemptRecord {
  return {
    spanHigh: from.u32(),
    spanLow: from.u32(),
    ordinal: from.u16(),
    reason: from.u16(),
    outcome: from.u16(),
    status: from.u16(),
    startMs: from.f64(),
    backoffMs: from.f64(),
    connectMs: from.f64(),
    firstByteMs: from.f64(),
    ms: from.f64(),
    backend: from.text(),
    authority: from.text(),
  };
}

function putRecord(to: Cursor, notes: ExchangeNotes, startMs: number, ms: number): void {
  const { span, parts } = notes;
  to.putF64(startMs);
  to.putF64(ms);
  to.putF64(notes.queueMs);
  to.putDigits(notes.traceId);
  to.putU32(span.parentHigh);
  to.putU32(span.parentLow);
  to.putU32(span.high);
  to.putU32(span.low);
  to.putU16(span.flags);
  to.putU16(notes.versionMinor + 1);
  to.putU16(notes.status);
  to.putU16(notes.fault);
  to.putU16((span.hasClient ? HAS_CLIENT : 0) | (span.secure ? SECURE : 0));
  if (span.hasClient) for (let word = 0; word < 4; word++) to.putU32(span.client[word] as number);
  to.putU16(span.peerPort);
  to.putU16(span.stripBytes);
  to.putU16(notes.attempts);
  to.putBytes(parts, 0, notes.methodEnd);
  to.putBytes(parts, notes.methodEnd, notes.targetEnd);
  to.putBytes(parts, notes.targetEnd, notes.hostEnd);
  to.putBytes(parts, notes.hostEnd, notes.agentEnd);
  to.putBytes(notes.client, 0, Math.min(notes.client.length, TEXT_BYTES_MAX));
  to.putText(notes.listener);
  to.putText(notes.route);
  to.putText(span.route);
  to.putText(notes.pool);
  to.putText(notes.strategy);
  to.putText(notes.backend);
  to.putBytes(notes.requestId, 0, Math.min(notes.requestIdLength, TEXT_BYTES_MAX));
  to.putBytes(span.state, 0, span.stateBytes);
  for (let at = 0; at < Math.min(notes.attempts, ATTEMPTS_MAX); at++) putAttempt(to, notes, at);
}

function putAttempt(to: Cursor, notes: ExchangeNotes, at: number): void {
  to.putU32(notes.span.attempts[2 * at] as number);
  to.putU32(notes.span.attempts[2 * at + 1] as number);
  to.putU16(notes.attemptOrdinals[at] as number);
  to.putU16(notes.attemptReasons[at] as number);
  to.putU16(notes.attemptOutcomes[at] as number);
  to.putU16(notes.attemptStatuses[at] as number);
  to.putF64(notes.attemptStartMs[at] as number);
  to.putF64(notes.attemptBackoffMs[at] as number);
  for (let part = 0; part < 3; part++) to.putF64(notes.attemptMs[3 * at + part] as number);
  to.putText(notes.attemptBackends[at] as string);
  to.putText(notes.attemptAuthorities[at] as string);
}

/** A place in a buffer that moves on with each value. Texts and bytes have their length in front. */
class Cursor {
  at = 0;
  readonly #buffer: Buffer;

  constructor(buffer: Buffer) {
    this.#buffer = buffer;
  }

  u16(): number {
    const value = this.#buffer.readUInt16LE(this.at);
    this.at += 2;
    return value;
  }

  u32(): number {
    const value = this.#buffer.readUInt32LE(this.at);
    this.at += 4;
    return value;
  }

  f64(): number {
    const value = this.#buffer.readDoubleLE(this.at);
    this.at += 8;
    return value;
  }

  digits(): string {
    this.at += TRACE_ID_DIGITS;
    return this.#buffer.toString('latin1', this.at - TRACE_ID_DIGITS, this.at);
  }

  bytes(): Uint8Array {
    const length = this.u16();
    this.at += length;
    return this.#buffer.subarray(this.at - length, this.at);
  }

  text(): string {
    const length = this.u16();
    this.at += length;
    return this.#buffer.toString('utf8', this.at - length, this.at);
  }

  putU16(value: number): void {
    this.at = this.#buffer.writeUInt16LE(Math.min(value, 0xffff), this.at);
  }

  putU32(value: number): void {
    this.at = this.#buffer.writeUInt32LE(value >>> 0, this.at);
  }

  putF64(value: number): void {
    this.at = this.#buffer.writeDoubleLE(value, this.at);
  }

  putDigits(digits: Uint8Array): void {
    this.#buffer.set(digits, this.at);
    this.at += TRACE_ID_DIGITS;
  }

  putBytes(from: Uint8Array, start: number, end: number): void {
    this.putU16(end - start);
    if (end > start) this.#buffer.set(from.subarray(start, end), this.at);
    this.at += end - start;
  }

  putText(text: string): void {
    const length = this.#buffer.write(text, this.at + 2, TEXT_BYTES_MAX, 'utf8');
    this.putU16(length);
    this.at += length;
  }
}

function bufferOver(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
