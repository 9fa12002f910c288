import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Outcome } from '#core/outcome.ts';
import { createPrng } from '#core/math/prng.ts';
import { WINDOW_MS } from '#memory/traffic-table.ts';
import { TrafficRecorder } from '#observe/traffic-recorder.ts';
import { poolRecording } from '#observe/traffic-report.ts';
import { fitConcurrency } from '#simulator/inference/concurrency.ts';
import { keysOf } from '#simulator/inference/keys.ts';
import { recordedArrivals } from '#simulator/inference/arrivals.ts';
import { serviceTimes } from '#simulator/inference/work-times.ts';
import { observedPool } from '../../../test/support/observed-pool.ts';

/** The beginning of a window, so that a run of less than its length lies in one. */
const START_MS = Math.ceil(1.8e12 / WINDOW_MS) * WINDOW_MS;

interface Server {
  /** Places, and how many times longer than normal it takes. */
  readonly places: number;
  readonly slow?: number;
}

interface Run {
  readonly servers: readonly Server[];
  readonly perSecond: number;
  readonly seconds: number;
  readonly workMs?: (unit: () => number) => number;
  readonly seed: number;
}

/** Least connections over servers with places and a line each, recorded as it happens. */
function recorded({ servers, perSecond, seconds, workMs = exponential, seed }: Run) {
  const pool = observedPool(servers.length);
  const recorder = new TrafficRecorder(pool.observed.tables.traffic.rows[0]!, START_MS);
  const unit = createPrng(seed);
  const freeAt = servers.map(({ places }) => new Array<number>(places).fill(0));
  const open: { at: number; slot: number; before: number; from: number }[] = [];
  const inFlight = servers.map(() => 0);
  const end = (untilMs: number): void => {
    open.sort((a, b) => a.at - b.at);
    while (open.length > 0 && open[0]!.at <= untilMs) {
      const { at, slot, before, from } = open.shift()!;
      inFlight[slot]! -= 1;
      recorder.attempt(pool.slots[slot]!, before, Outcome.success, at - from, at);
    }
  };
  for (let nowMs = 0; nowMs < seconds * 1000; nowMs -= Math.log(1 - unit()) * (1000 / perSecond)) {
    end(nowMs);
    recorder.arrival(pool.plan.row, nowMs);
    const least = Math.min(...inFlight);
    const free = inFlight.flatMap((count, slot) => (count === least ? [slot] : []));
    const slot = free[Math.floor(unit() * free.length)]!;
    const places = freeAt[slot]!;
    const first = places.indexOf(Math.min(...places));
    const at = Math.max(nowMs, places[first]!) + workMs(unit) * (servers[slot]!.slow ?? 1);
    places[first] = at;
    open.push({ at, slot, before: inFlight[slot]!, from: nowMs });
    inFlight[slot]! += 1;
  }
  end(Infinity);
  return poolRecording(pool.observed, pool.plan, START_MS + seconds * 1000);
}

const exponential = (unit: () => number): number => -25 * Math.log(1 - unit());

test('the number of places of equal backends is found, and the work without the wait', (t) => {
  for (const places of [1, 2, 4, 8]) {
    const seed = 7 + places;
    t.diagnostic(`places ${places}, seed ${seed}`);
    const servers = Array.from({ length: 8 }, () => ({ places }));
    const perSecond = 8 * places * 40 * 0.75;
    const { backends, arrivals } = recorded({ servers, perSecond, seconds: 30, seed });
    const fit = fitConcurrency(backends.map(({ levels }) => levels));
    assert.deepEqual(fit.of, new Array(8).fill(places));
    for (const one of backends) {
      const { service } = serviceTimes(one, places)!;
      assert.equal(service.kind, 'quantiles');
      if (service.kind !== 'quantiles') continue;
      const median = service.ms[service.shares.indexOf(0.5)]!;
      assert.ok(Math.abs(median / (25 * Math.LN2) - 1) < 0.25, `${one.id}: median ${median}`);
    }
    const { meanPerSecond, burstiness } = recordedArrivals(arrivals, 20, 300)!;
    assert.ok(Math.abs(meanPerSecond / perSecond - 1) < 0.06, `${meanPerSecond} of ${perSecond}`);
    assert.equal(burstiness, 1);
  }
});

test('backends that differ have a number each', (t) => {
  t.diagnostic('seed 3');
  const servers = [8, 8, 4, 4, 4, 4, 1, 1].map((places) => ({ places }));
  const { backends } = recorded({ servers, perSecond: 1000, seconds: 60, seed: 3 });
  const { of, common } = fitConcurrency(backends.map(({ levels }) => levels));
  assert.equal(common, false);
  [8, 8, 4, 4, 4, 4, 1, 1].forEach((places, at) => {
    const found = of[at] ?? Infinity;
    assert.ok(found === Infinity ? places === 8 : Math.abs(found - places) <= 1, `${at}: ${found} for ${places}`);
  });
});

test('backends that are never full are taken to have no bound', (t) => {
  t.diagnostic('seed 11');
  const servers = Array.from({ length: 4 }, () => ({ places: 64 }));
  const { backends } = recorded({ servers, perSecond: 600, seconds: 30, seed: 11 });
  assert.deepEqual(fitConcurrency(backends.map(({ levels }) => levels)).of, [null, null, null, null]);
});

test('twice as slow backends have the same number of places, and times twice as long', (t) => {
  t.diagnostic('seed 5');
  const servers = [1, 1, 1, 1, 2, 2, 2, 2].map((slow) => ({ places: 4, slow }));
  const { backends } = recorded({ servers, perSecond: 720, seconds: 40, seed: 5 });
  const { of } = fitConcurrency(backends.map(({ levels }) => levels));
  of.forEach((found) => assert.ok(found !== null && Math.abs(found - 4) <= 1, String(of)));
});

test('keys: how many and how uneven', (t) => {
  t.diagnostic('seed 9');
  const unit = createPrng(9);
  for (const [count, skew] of [
    [1000, 1],
    [300, 0],
    [5000, 1.3],
  ] as const) {
    // prettier-ignore
    const weights = Array.from({ length: count }, (_, at) => (at + 1) ** -skew);
    const sums: number[] = [];
    weights.reduce((sum, weight, at) => (sums[at] = sum + weight), 0);
    const pool = observedPool(1);
    const recorder = new TrafficRecorder(pool.observed.tables.traffic.rows[0]!, START_MS);
    for (let i = 0; i < 50_000; i++) {
      const place = unit() * sums.at(-1)!;
      const key = sums.findIndex((sum) => sum > place);
      recorder.key(pool.plan.row, Math.imul(key + 1, 0x9e3779b1) ^ (Math.imul(key + 7, 0x85ebca6b) >>> 13), i);
    }
    // Of skewed keys many never come.
    const found = keysOf(poolRecording(pool.observed, pool.plan, START_MS + 1000).keys!)!;
    assert.ok(Math.abs(found.skew - skew) < 0.15, `skew ${found.skew} for ${skew}`);
    assert.ok(found.count > count * 0.45 && found.count < count * 1.15, `${found.count} of ${count} keys`);
  }
});

test('bunches are told from chance', () => {
  const pool = observedPool(1);
  const recorder = new TrafficRecorder(pool.observed.tables.traffic.rows[0]!, START_MS);
  const unit = createPrng(2);
  for (let nowMs = 0; nowMs < 60_000; nowMs -= Math.log(1 - unit()) * 20)
    for (let of = 0; of < 5; of++) recorder.arrival(pool.plan.row, nowMs);
  const { arrivals } = poolRecording(pool.observed, pool.plan, START_MS + 60_000);
  const { burstiness } = recordedArrivals(arrivals, 20, 300)!;
  assert.ok(burstiness! > 4 && burstiness! < 6, String(burstiness));
});

test('what is older than two windows is forgotten', () => {
  const pool = observedPool(1);
  const recorder = new TrafficRecorder(pool.observed.tables.traffic.rows[0]!, START_MS);
  const slot = pool.slots[0]!;
  recorder.attempt(slot, 0, Outcome.success, 10, 1);
  recorder.key(pool.plan.row, 1, 1);
  const seen = (wallMs: number) => poolRecording(pool.observed, pool.plan, START_MS + wallMs);
  assert.equal(seen(WINDOW_MS + 1).backends[0]!.levels[0]!.attempts, 1);
  assert.deepEqual(seen(2 * WINDOW_MS).backends[0]!.levels, []);
  assert.equal(seen(2 * WINDOW_MS).keys, null);
  // The same bank, two windows on: nothing of the first is left in it.
  recorder.attempt(slot, 3, Outcome.reset, 5, 2 * WINDOW_MS);
  assert.deepEqual(seen(2 * WINDOW_MS).backends[0], {
    id: pool.plan.backends[0]!.id,
    levels: [],
    times: [],
    outcomes: [{ outcome: 'reset', attempts: 1, meanMs: 5 }],
  });
});
