/**
 * A step as bytes, in memory and in the file alike. All numbers are LEB128 (seven bits a byte, the lowest first), whole and
 * not negative:
 *
 *   number of counters, counters, number of gauges, gauges, number of buckets, latencies by bucket,
 *   number of picks, (id - id before, count) for each
 *
 * A second of one backend is some 80 bytes, one of 1,000 busy backends 2 to 3 KB. Buckets after the last that is not 0 are left out. Counters and gauges are only ever added at
 * the end of their lists (contract/history.ts): what an older version wrote lacks the new ones, which are then 0; what a
 * newer one wrote has more, which are passed over.
 */
import { NAMES_MAX } from './name-book.ts';
import { LATENCY_BUCKETS } from './latency-buckets.ts';
import { COUNTER_COUNT, GAUGE_COUNT, PICKS_MAX, type Step } from './step.ts';

/** Bytes of the largest number, 2^53 - 1. */
const NUMBER_BYTES = 8;
/** Bytes that a step can take at most. */
export const PACKED_BYTES_MAX = (4 + COUNTER_COUNT + GAUGE_COUNT + LATENCY_BUCKETS + 2 * PICKS_MAX) * NUMBER_BYTES;

/** Writes `step` into `bytes`, which has room for `PACKED_BYTES_MAX`; returns how many it took. */
export function packStep(step: Step, bytes: Uint8Array): number {
  let end = putList(step.counters, bytes, 0);
  end = putList(step.gauges, bytes, end);
  end = putList(step.latency, bytes, end, usedOf(step.latency));
  end = put(step.length, bytes, end);
  let before = 0;
  for (let at = 0; at < step.length; at++) {
    const id = step.ids[at]!;
    end = put(id - before, bytes, end);
    end = put(step.picks[at]!, bytes, end);
    before = id;
  }
  return end;
}

function putList(values: Float64Array, bytes: Uint8Array, from: number, length = values.length): number {
  let end = put(length, bytes, from);
  for (let at = 0; at < length; at++) end = put(values[at]!, bytes, end);
  return end;
}

function usedOf(values: Float64Array): number {
  let length = values.length;
  while (length > 0 && values[length - 1] === 0) length -= 1;
  return length;
}

function put(value: number, bytes: Uint8Array, from: number): number {
  let rest = value > 0 ? Math.min(Math.round(value), Number.MAX_SAFE_INTEGER) : 0;
  let at = from;
  while (rest > 127) {
    bytes[at++] = (rest % 128) | 128;
    rest = Math.floor(rest / 128);
  }
  bytes[at++] = rest;
  return at;
}

/** A place in bytes that are being read. */
class Reader {
  bytes: Uint8Array = new Uint8Array(0);
  at = 0;

  begin(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.at = 0;
  }

  /** NaN past the end. */
  next(): number {
    let byte = this.bytes[this.at++]!;
    if (byte < 128) return byte;
    let value = byte & 127;
    let unit = 128;
    do {
      byte = this.bytes[this.at++]!;
      value += (byte & 127) * unit;
      unit *= 128;
    } while (byte > 127);
    return byte === undefined ? NaN : value;
  }

  list(into: Float64Array): void {
    const count = this.next();
    into.fill(0);
    for (let at = 0; at < count; at++) {
      const value = this.next();
      if (at < into.length) into[at] = value;
    }
  }
}

const reader = new Reader();

/** Reads what `packStep` wrote; bytes from elsewhere must have passed `isPacked`. */
export function unpackStep(bytes: Uint8Array, into: Step): Step {
  unpackSeries(bytes, into);
  into.length = reader.next();
  let id = 0;
  for (let at = 0; at < into.length; at++) {
    id += reader.next();
    into.ids[at] = id;
    into.picks[at] = reader.next();
  }
  return into;
}

/** All but the picks. Returns where the picks begin, for `addPicks`. */
export function unpackSeries(bytes: Uint8Array, into: Pick<Step, 'counters' | 'gauges' | 'latency'>): number {
  reader.begin(bytes);
  reader.list(into.counters);
  reader.list(into.gauges);
  reader.list(into.latency);
  return reader.at;
}

/**
 * Adds picks to `sums` by id; it has `PICKS_MAX` places. Returns the highest id that it added to. A question about an hour
 * with 1,000 backends passes here 3.6 million times, so numbers of one and two bytes are read in place: 8 ns instead of 12.
 */
export function addPicks(bytes: Uint8Array, from: number, sums: Float64Array): number {
  reader.begin(bytes);
  reader.at = from;
  reader.next();
  let at = reader.at;
  let id = 0;
  while (at < bytes.length) {
    const step = bytes[at]!;
    if (step < 128) {
      id += step;
      at += 1;
    } else {
      reader.at = at;
      id += reader.next();
      at = reader.at;
    }
    const low = bytes[at]!;
    const high = bytes[at + 1]!;
    if (low < 128) {
      sums[id]! += low;
      at += 1;
    } else if (high < 128) {
      sums[id]! += (low & 127) | (high << 7);
      at += 2;
    } else {
      reader.at = at;
      sums[id]! += reader.next();
      at = reader.at;
    }
  }
  return id;
}

/** Whether bytes from a file are a whole step and nothing but. */
export function isPacked(bytes: Uint8Array): boolean {
  reader.begin(bytes);
  const next = (): number => {
    const value = reader.next();
    return value <= Number.MAX_SAFE_INTEGER ? value : NaN;
  };
  for (let list = 0; list < 3; list++) {
    const count = next();
    // Each number takes a byte at least: a count that says more than there is ends here.
    if (!(count <= bytes.length)) return false;
    for (let at = 0; at < count; at++) if (Number.isNaN(next())) return false;
  }
  const picks = next();
  if (!(picks <= PICKS_MAX)) return false;
  let id = 0;
  for (let at = 0; at < picks; at++) {
    const step = next();
    id += step;
    if (!(id <= NAMES_MAX) || (at > 0 && step === 0) || !(next() > 0)) return false;
  }
  return reader.at === bytes.length;
}
