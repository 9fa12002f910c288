/**
 * `GET /admin/history` out of the store. Counters and picks are summed over a step, gauges are the last of it. A step in
 * which nothing was recorded is left out. The step that is not over yet is given as far as it went.
 */
import { HISTORY_COUNTERS, HISTORY_GAUGES, type HistoryAnswer, type HistoryLatency } from '#contract/history.ts';
import { LATENCY_BUCKETS, LATENCY_FLOORS_US } from './latency-buckets.ts';
import { rangeOf, type Range, type Wish } from './history-range.ts';
import type { HistoryStore } from './history-store.ts';
import { addPicks, unpackSeries } from './packing.ts';
import { PICKS_MAX, Step } from './step.ts';
import type { StepRing } from './step-ring.ts';

/**
 * Numbers of picks in an answer, all backends together: about 2 MB of JSON. With more than 200 backends the largest number of
 * steps would be over it; then they are coarser.
 */
export const CELLS_MAX = 400_000;

const MINUTE_S = 60;
const NAMES = [...HISTORY_COUNTERS, ...HISTORY_GAUGES];

/** Places to work in: series of one packed step, and picks by id of one step of the answer. */
const series = new Step();
const sums = new Float64Array(PICKS_MAX);

/** `fineFromS`: seconds are kept from there on. `nowS`: seconds since 1970. */
export function historyAnswer(store: HistoryStore, wish: Wish, nowS: number, fineFromS: number): HistoryAnswer {
  const secondsFromS = Math.max(fineFromS, store.seconds.droppedS + 1);
  let range = rangeOf(wish, nowS, secondsFromS);
  // Coarser steps reach further back by less than one step, so the second look rarely finds more; a third never has to.
  for (let look = 0; look < 2; look++) {
    const crowd = crowding(store, range);
    if (crowd <= 1) break;
    range = rangeOf({ ...wish, stepS: range.stepS * crowd }, nowS, secondsFromS);
  }
  return filled(store, range);
}

/** By how much the answer would be too large. */
function crowding(store: HistoryStore, range: Range): number {
  const steps = (range.toS - range.fromS) / range.stepS;
  if (steps * (store.names.size + 1) <= CELLS_MAX) return 1;
  sums.fill(0);
  for (const packed of packedIn(ringFor(store, range), range)) addPicks(packed, unpackSeries(packed, series), sums);
  const backends = sums.reduce((count, picks) => count + Number(picks > 0), 0);
  return (steps * backends) / CELLS_MAX;
}

function ringFor({ seconds, minutes }: HistoryStore, { stepS }: Range): StepRing {
  return stepS % MINUTE_S === 0 ? minutes : seconds;
}

function* packedIn(ring: StepRing, { fromS, toS }: Pick<Range, 'fromS' | 'toS'>): Generator<Uint8Array> {
  for (let atS = fromS; atS < toS; atS += ring.stepS) {
    const packed = ring.packedAt(atS);
    if (packed !== null) yield packed;
  }
}

function filled(store: HistoryStore, range: Range): HistoryAnswer {
  const { fromS, toS, stepS } = range;
  const ring = ringFor(store, range);
  const at = beginnings(ring, range);
  const columns = NAMES.map(() => new Array<number>(at.length).fill(0));
  const latency: number[][] = [];
  const picks: number[][] = [];
  at.forEach((beginS, row) => {
    let highest = 0;
    sums.fill(0);
    for (const packed of packedIn(ring, { fromS: beginS, toS: beginS + stepS })) {
      const picksFrom = unpackSeries(packed, series);
      addSeries(series, row, columns);
      addLatency(series.latency, row, latency, at.length);
      highest = Math.max(highest, addPicks(packed, picksFrom, sums));
    }
    for (let id = 0; id <= highest; id++) {
      if (sums[id] === 0) continue;
      const column = (picks[id] ??= new Array<number>(at.length).fill(0));
      column[row] = sums[id]!;
    }
  });
  return {
    from: isoOf(fromS),
    to: isoOf(toS),
    step: stepS,
    at,
    series: Object.fromEntries(
      NAMES.map((name, column) => [name, columns[column]]),
    ) as unknown as HistoryAnswer['series'],
    latency: latencyOf(latency),
    backendSelection: selectionOf(store, picks),
  };
}

/** Where steps begin in which something was recorded. */
function beginnings(ring: StepRing, { fromS, toS, stepS }: Range): number[] {
  const at: number[] = [];
  for (let atS = fromS; atS < toS; atS += ring.stepS) {
    if (ring.packedAt(atS) === null) continue;
    const begin = Math.floor(atS / stepS) * stepS;
    if (at.at(-1) !== begin) at.push(begin);
  }
  return at;
}

function addSeries({ counters, gauges }: Step, row: number, columns: readonly number[][]): void {
  for (let at = 0; at < counters.length; at++) columns[at]![row]! += counters[at]!;
  for (let at = 0; at < gauges.length; at++) columns[counters.length + at]![row] = gauges[at]!;
}

function addLatency(counts: Float64Array, row: number, columns: number[][], length: number): void {
  for (let bucket = 0; bucket < LATENCY_BUCKETS; bucket++) {
    if (counts[bucket] === 0) continue;
    const column = (columns[bucket] ??= new Array<number>(length).fill(0));
    column[row]! += counts[bucket]!;
  }
}

/** `forEach` passes over buckets that nothing fell into. */
function latencyOf(columns: readonly number[][]): HistoryLatency[] {
  const latency: HistoryLatency[] = [];
  columns.forEach((counts, bucket) => {
    const toUs = LATENCY_FLOORS_US[bucket + 1];
    latency.push({
      fromMs: millisOf(LATENCY_FLOORS_US[bucket]!),
      toMs: toUs === undefined ? null : millisOf(toUs),
      counts,
    });
  });
  return latency;
}

/** To the microsecond. */
function millisOf(us: number): number {
  return Math.round(us) / 1000;
}

/** By name. Numbers whose name is gone count together. */
function selectionOf({ names }: HistoryStore, picks: readonly number[][]): Record<string, number[]> {
  const selection: Record<string, number[]> = {};
  picks.forEach((column, id) => {
    const name = names.nameOf(id);
    const same = selection[name];
    if (same === undefined) selection[name] = column;
    else column.forEach((count, row) => (same[row]! += count));
  });
  return selection;
}

function isoOf(atS: number): string {
  return new Date(atS * 1000).toISOString();
}
