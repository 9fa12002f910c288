/**
 * What every strategy must keep, whatever its idea: one suite over the whole list. Each check is a plain function that
 * throws, so the suite needs no test runner; conformance.test.ts hands it to one.
 */
import { mix32 } from '../math/hash.ts';
import { createPrng } from '../math/prng.ts';
import { Outcome } from '../outcome.ts';
import type { StrategyDefinition } from '../strategy.ts';
import { declaresExplanations, explainsWithoutTrace, reproducesPicks } from './conformance-replay.ts';
import { tally, TestPool } from './test-pool.ts';

export interface Check {
  readonly title: string;
  /** Throws when the strategy does not keep it; `seed` makes a failure repeatable. */
  readonly run: (seed: number) => void;
}

export function conformance(definition: StrategyDefinition): readonly Check[] {
  const of = (title: string, run: (definition: StrategyDefinition, seed: number) => void): Check => ({
    title,
    run: (seed) => run(definition, seed),
  });
  return [
    of('declares parameters whose defaults are among what they allow', declaresParameters),
    of('picks candidates only, however they come, go and change their weights', picksCandidatesOnly),
    of('gives a single candidate everything', servesSingleCandidate),
    of('picks candidates only from 1,000 of them', servesLargePool),
    of('writes its own rows alone', writesOwnRows),
    of('does the same again with the same seed', isDeterministic),
    of('declares what its records hold', declaresExplanations),
    of('explains its picks so that they can be made again', reproducesPicks),
    of('picks the same whether it is recorded or not', explainsWithoutTrace),
    of('shares equally among equals, with one worker and with four', sharesEqually),
    of('gives no fast backend over twice its share for being warm while the others are cold', sharesAmongCold),
    ...(definition.weighted
      ? [
          of('follows weights on a quiet pool, by slot and not by position', followsWeightsWhenQuiet),
          of('follows weights on a busy pool', followsWeightsWhenBusy),
          of('follows weights within a subset', followsWeightsInSubset),
        ]
      : []),
    of('keeps trying a slow backend, and uses it again when it has recovered', outlivesSlowness),
    of('keeps trying a failing backend, and uses it again when it has recovered', outlivesFailure),
  ];
}

function ensure(condition: boolean, message: () => string): void {
  if (!condition) throw new Error(message());
}

function declaresParameters(definition: StrategyDefinition): void {
  for (const param of definition.params) {
    ensure(param.summary !== '', () => `${param.name} has no summary`);
    if (param.type === 'number') {
      const { default: value, min, max, integer } = param;
      ensure(value >= min && value <= max && (!integer || Number.isInteger(value)), () => `default of ${param.name}`);
    }
    if (param.type === 'choice') ensure(param.choices.includes(param.default), () => `default of ${param.name}`);
  }
}

function picksCandidatesOnly(definition: StrategyDefinition, seed: number): void {
  const random = createPrng(seed);
  const below = (limit: number): number => (random() * limit) | 0;
  const outcomes = Object.values(Outcome);
  const pool = new TestPool(definition, { workers: 3, seed });
  for (let round = 0; round < 120; round++) {
    const slots = Array.from({ length: 40 }, (_, slot) => slot).filter(() => random() < 0.1 + (round % 10) / 10);
    if (slots.length === 0) continue;
    const heavy = round % 20 === 0 ? 256 : 8;
    const weights = Object.fromEntries(slots.map((slot) => [slot, random() < 0.5 ? 1 + below(heavy) : 0.1 + random()]));
    pool.update(slots, round % 3 === 0 ? {} : weights);
    for (let turn = 0; turn < 40; turn++) {
      const worker = below(3);
      const key = (random() * 2 ** 32) >>> 0;
      const answer = { latencyMs: random() * 50, outcome: outcomes[below(outcomes.length)] };
      const slot = pool.send(() => answer, worker, key);
      ensure(slots.includes(slot), () => `picked ${slot} of ${slots}`);
      const subset = slots.filter(() => random() < 0.5);
      const among = subset.length > 0 ? pool.pickAmong(subset, worker, key) : -1;
      ensure(subset.length === 0 || subset.includes(among), () => `picked ${among} among ${subset}`);
      pool.advance(random() * 20);
    }
  }
}

function servesSingleCandidate(definition: StrategyDefinition, seed: number): void {
  const pool = new TestPool(definition, { seed });
  pool.update([7], { 7: 3 });
  for (let turn = 0; turn < 300; turn++) {
    const slot = pool.send(
      () => ({ latencyMs: turn % 90, outcome: turn % 2 === 0 ? 0 : Outcome.reset }),
      0,
      mix32(turn),
    );
    ensure(slot === 7 && pool.pickAmong([7], 0, turn) === 7, () => `picked ${slot}`);
    pool.advance(10);
  }
}

function servesLargePool(definition: StrategyDefinition, seed: number): void {
  const pool = new TestPool(definition, { capacity: 1200, seed });
  const random = createPrng(seed);
  const slots = Array.from({ length: 1000 }, (_, at) => at + 150);
  for (const weights of [{}, Object.fromEntries(slots.map((slot) => [slot, 1 + (slot % 5) + random()]))]) {
    pool.update(slots, weights);
    for (let turn = 0; turn < 4000; turn++) {
      const slot = pool.send(() => ({ latencyMs: random() * 40 }), 0, mix32(turn));
      ensure(slot >= 150 && slot < 1150, () => `picked ${slot}`);
      pool.advance(0.05);
    }
  }
}

function writesOwnRows(definition: StrategyDefinition, seed: number): void {
  const pool = new TestPool(definition, { workers: 2, seed });
  const random = createPrng(seed);
  const print = (worker: number): string => JSON.stringify(Object.values(pool.rows).map((row) => [...row[worker]]));
  pool.update([1, 2, 3]);
  for (let turn = 0; turn < 200; turn++) {
    const other = print(1);
    const slot = pool.pick(0, mix32(turn));
    pool.strategies[0].begin?.(slot, 0, pool.nowMs);
    pool.strategies[0].settle?.(slot, 0, random() * 100, turn % 5 === 0 ? Outcome.timeout : 0, pool.nowMs);
    pool.strategies[0].refresh?.(pool.nowMs);
    ensure(print(1) === other, () => `worker 0 wrote in worker 1's row`);
    pool.nowMs += 10;
  }
}

function isDeterministic(definition: StrategyDefinition, seed: number): void {
  const run = (): string => {
    const pool = new TestPool(definition, { workers: 2, seed });
    pool.update([1, 2, 3, 5, 8], { 3: 2.5 });
    const picks: number[] = [];
    for (let turn = 0; turn < 500; turn++) {
      picks.push(pool.send((slot) => ({ latencyMs: slot * 7 }), turn % 2, mix32(turn)));
      pool.advance(5);
    }
    return picks.join();
  };
  const first = run();
  ensure(run() === first, () => 'two runs of one seed differ');
}

/** Sends requests one after another, each answered before the next, by workers in turn. */
function quietShares(pool: TestPool, requests: number): Map<number, number> {
  const picks: number[] = [];
  for (let turn = 0; turn < requests; turn++) {
    picks.push(pool.send(() => ({ latencyMs: 10 }), turn % pool.strategies.length, mix32(turn)));
    pool.advance(15);
  }
  return tally(picks);
}

/** Every count lies within a fifth of what its weight asks for: loose enough for a hash ring, which is uneven. */
function ensureShares(counts: Map<number, number>, pool: TestPool, slots = pool.candidates): void {
  const requests = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const total = slots.reduce((sum, slot) => sum + pool.weight[slot], 0);
  for (const slot of slots) {
    const expected = (requests * pool.weight[slot]) / total;
    const count = counts.get(slot) ?? 0;
    ensure(Math.abs(count - expected) < 0.2 * expected, () => `slot ${slot} got ${count}, not about ${expected}`);
  }
}

function sharesEqually(definition: StrategyDefinition, seed: number): void {
  for (const workers of [1, 4]) {
    const pool = new TestPool(definition, { workers, seed });
    pool.update([2, 3, 20, 31]);
    ensureShares(quietShares(pool, 8000), pool);
  }
}

/** Of an answer by a warm backend, and how much longer a cold one takes, which cools within about half a second. */
const WARM_MS = 0.3;
const COLD_MS = 10;
const COOLS_MS = 500;
const RATES = [5, 20, 300, 3000];
const COLD_PICKS = 4000;

/**
 * Equal backends, each the slower the longer it was not asked: whoever is in use looks fast, so a strategy that believes
 * latency without a doubt keeps to one. At every rate, no backend gets over twice its fair share.
 */
function sharesAmongCold(definition: StrategyDefinition, seed: number): void {
  for (const workers of [1, 2]) {
    for (const rate of RATES) {
      const pool = new TestPool(definition, { workers, seed });
      const random = createPrng(seed);
      const askedMs = new Map<number, number>();
      pool.update([2, 3, 20, 31]);
      const picks = Array.from({ length: COLD_PICKS }, (_, turn) => {
        pool.advance((-1000 / rate) * Math.log(1 - random()));
        return pool.send((at) => {
          const idleMs = pool.nowMs - (askedMs.get(at) ?? -Infinity);
          askedMs.set(at, pool.nowMs);
          return { latencyMs: coldLatencyMs(idleMs, random()) };
        }, turn % workers, mix32(turn)); // prettier-ignore
      });
      const most = Math.max(...tally(picks).values());
      ensure(most <= (2 * COLD_PICKS) / 4, () => `${most} of ${COLD_PICKS} to one of four, at ${rate} a second`);
    }
  }
}

function coldLatencyMs(idleMs: number, chance: number): number {
  return WARM_MS * (0.5 + chance) + COLD_MS * (1 - Math.exp(-idleMs / COOLS_MS));
}

function followsWeightsWhenQuiet(definition: StrategyDefinition, seed: number): void {
  const pool = new TestPool(definition, { workers: 2, seed });
  pool.update([4, 9, 2, 30], { 4: 6, 9: 1, 2: 2, 30: 3 });
  ensureShares(quietShares(pool, 12_000), pool);
  // The first goes: everyone else moves up a place, and must keep its own weight.
  pool.update([9, 2, 30]);
  ensureShares(quietShares(pool, 12_000), pool);
  pool.update([9, 2, 4, 30], { 9: 5, 4: 2 });
  ensureShares(quietShares(pool, 12_000), pool);
}

function followsWeightsWhenBusy(definition: StrategyDefinition, seed: number): void {
  const pool = new TestPool(definition, { workers: 2, seed });
  const random = createPrng(seed);
  pool.update([4, 9, 2, 30], { 4: 6, 9: 1, 2: 2, 30: 3 });
  const picks: number[] = [];
  for (let turn = 0; turn < 20_000; turn++) {
    picks.push(pool.send(() => ({ latencyMs: -50 * Math.log(1 - random()) }), turn % 2, mix32(turn)));
    pool.advance(-Math.log(1 - random()));
  }
  ensureShares(tally(picks), pool);
}

function followsWeightsInSubset(definition: StrategyDefinition, seed: number): void {
  const pool = new TestPool(definition, { seed });
  pool.update([4, 9, 2, 30, 31], { 4: 6, 9: 1, 2: 2, 30: 3 });
  const subset = [30, 9, 2];
  const picks: number[] = [];
  for (let turn = 0; turn < 12_000; turn++) {
    const slot = pool.pickAmong(subset, 0, mix32(turn));
    pool.begin(slot, { latencyMs: 10 });
    picks.push(slot);
    pool.advance(15);
  }
  ensureShares(tally(picks), pool, subset);
}

const BAD_FROM_MS = 10_000;
const BAD_TO_MS = 40_000;
const END_MS = 120_000;

/**
 * One of four equal backends is bad for half a minute. Meanwhile it must be tried now and then, and in the end it must
 * have half of its fair share at least.
 */
function outlives(definition: StrategyDefinition, seed: number, bad: { latencyMs: number; outcome: Outcome }): void {
  const pool = new TestPool(definition, { workers: 2, seed });
  const random = createPrng(seed);
  pool.update([1, 2, 3, 4]);
  let requests = 0;
  let served = 0;
  let lastMs = 0;
  let longestMs = 0;
  for (let turn = 0; pool.nowMs < END_MS; turn++) {
    const isBad = pool.nowMs >= BAD_FROM_MS && pool.nowMs < BAD_TO_MS;
    const latencyMs = 10 + 10 * random();
    const slot = pool.send((at) => (at === 3 && isBad ? bad : { latencyMs }), turn % 2, mix32(turn));
    if (slot === 3) {
      longestMs = Math.max(longestMs, pool.nowMs - lastMs);
      lastMs = pool.nowMs;
    }
    if (pool.nowMs > END_MS - 20_000) {
      requests++;
      if (slot === 3) served++;
    }
    pool.advance(random() * 20);
  }
  ensure(longestMs < 30_000, () => `not tried for ${longestMs} ms`);
  ensure(served / requests > 0.125, () => `${served} of ${requests} requests, long after it has recovered`);
}

function outlivesSlowness(definition: StrategyDefinition, seed: number): void {
  outlives(definition, seed, { latencyMs: 400, outcome: Outcome.success });
}

function outlivesFailure(definition: StrategyDefinition, seed: number): void {
  outlives(definition, seed, { latencyMs: 1, outcome: Outcome.gatewayError });
}
