/**
 * What does a decision cost? For every strategy, nanoseconds of one pick, begin and settle with 3, 100 and 1,000
 * candidates, over shared memory as in a worker, with two requests in flight at each; and microseconds of one update and
 * one refresh. The least of several rounds. Run: `node bench/strategy-cost.ts [strategy …]`.
 */
import { createPrng } from '../src/core/math/prng.ts';
import { Outcome } from '../src/core/outcome.ts';
import { STRATEGIES } from '../src/core/strategies/index.ts';
import type { Strategy, StrategyDefinition } from '../src/core/strategy.ts';
import { defaultParams } from '../src/simulator/simulation.ts';

const CAPACITY = 4096;
const WORKERS = 2;
const ROUNDS = 60;
const PICKS = 10_000;
const COUNTS = [3, 100, 1000];

interface Bed {
  readonly strategy: Strategy;
  readonly total: Int32Array;
  readonly own: Int32Array;
  readonly slots: Int32Array;
  readonly weight: Float64Array;
  nowMs: number;
}

function f64(): Float64Array {
  return new Float64Array(new SharedArrayBuffer(CAPACITY * 8));
}

function i32(length: number): Int32Array {
  return new Int32Array(new SharedArrayBuffer(length * 4));
}

function createBed(definition: StrategyDefinition, count: number): Bed {
  const total = i32(CAPACITY);
  const weight = f64().fill(1);
  const { rows, words } = definition.memory;
  const strategy = definition.create({
    params: defaultParams(definition),
    inFlight: total,
    weight,
    rows: Object.fromEntries(rows.map((name) => [name, Array.from({ length: WORKERS }, f64)])),
    words: Object.fromEntries(words.map((name) => [name, i32(1)])),
    worker: 0,
    random: createPrng(1),
    nameOf: (slot) => `10.0.${slot >> 8}.${slot & 255}:8080`,
  });
  const slots = Int32Array.from({ length: count }, (_, at) => at + 7);
  strategy.update(slots, count, 0);
  return { strategy, total, own: i32(CAPACITY), slots, weight, nowMs: 0 };
}

/** Requests go in at one end of a queue and come out at the other, twice as many as there are candidates. */
function decide(bed: Bed, picks: number, random: () => number): void {
  const { strategy, total, own } = bed;
  const length = bed.slots.length * 2;
  const queue = new Int32Array(length);
  const befores = new Int32Array(length);
  const gapMs = 25 / length;
  for (let turn = 0; turn < picks; turn++) {
    bed.nowMs += gapMs;
    const at = turn % length;
    if (turn >= length) settle(bed, queue[at], befores[at], 12 + (turn & 31));
    const slot = strategy.pick((random() * 4294967296) >>> 0, bed.nowMs);
    own[slot]++;
    const before = Atomics.add(total, slot, 1);
    strategy.begin?.(slot, before, bed.nowMs);
    queue[at] = slot;
    befores[at] = before;
    if (turn % 1024 === 0) strategy.refresh?.(bed.nowMs);
  }
  for (let turn = Math.max(0, picks - length); turn < picks; turn++) settle(bed, queue[turn % length], 1, 20);
}

function settle(bed: Bed, slot: number, before: number, elapsedMs: number): void {
  bed.own[slot]--;
  Atomics.sub(bed.total, slot, 1);
  bed.strategy.settle?.(slot, before, elapsedMs, Outcome.success, bed.nowMs);
}

function timed(rounds: number, work: () => void): number {
  const times = Array.from({ length: rounds }, () => {
    const from = process.hrtime.bigint();
    work();
    return Number(process.hrtime.bigint() - from);
  });
  return Math.min(...times);
}

function row(definition: StrategyDefinition): string {
  const random = createPrng(2);
  const decisions: string[] = [];
  const upkeep: string[] = [];
  for (const count of COUNTS) {
    const bed = createBed(definition, count);
    for (let round = 0; round < 10; round++) decide(bed, PICKS, random);
    decisions.push(`${Math.round(timed(ROUNDS, () => decide(bed, PICKS, random)) / PICKS)}`);
    let ramp = 0;
    const update = timed(101, () => {
      bed.weight[bed.slots[0]] = 0.1 + (ramp++ % 90) / 100;
      bed.strategy.update(bed.slots, count, bed.nowMs);
    });
    const refresh = timed(101, () => bed.strategy.refresh?.((bed.nowMs += definition.refreshMs)));
    upkeep.push(`${(update / 1000).toFixed(0)}`, definition.refreshMs === 0 ? '-' : `${(refresh / 1000).toFixed(0)}`);
  }
  return `| ${[definition.name, ...decisions, ...upkeep].join(' | ')} |`;
}

const wanted = process.argv.slice(2);
console.log('| strategy | pick, begin, settle: ns at 3 | 100 | 1,000 | update, refresh: us at 3 | | 100 | | 1,000 | |');
console.log('| --- | --: | --: | --: | --: | --: | --: | --: | --: | --: |');
for (const definition of STRATEGIES) {
  if (wanted.length === 0 || wanted.includes(definition.name)) console.log(row(definition));
}
