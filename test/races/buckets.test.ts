/** Workers that share the buckets of rate limits: what they let through together is the burst and the rate, and no more. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { createPrng } from '#core/math/prng.ts';
import type { RateLimitPlan } from '#core/plan-failures.ts';
import { RequestHead, parseRequestHead } from '#http1/request-head.ts';
import { L } from '#memory/counters.ts';
import { layTables, tablesBytes, type Tables } from '#memory/tables.ts';
import { Recorder } from '#observe/recorder.ts';
import { PlanState } from '#proxy/plan-state.ts';
import { LimitStanding, type RouteLimits } from '#proxy/rate-limits.ts';
import type { ClientFacts } from '#proxy/request-writer.ts';
import { planFor } from '../support/plane.ts';
import { withPreemption } from './preemption.ts';

const THREADS = 4;
const KEY_DIGITS = 6;
const NOW_MS = 1000;
/** Cells before those of a drill: threads that are ready, what lets them go. */
const GATE_CELLS = 2;

/** Many requests for few keys. */
const FEW = { keys: 3, burst: 4_000 };
/** New keys, each asked for by two threads at one moment. */
const FRESH = { keys: 8_000, burst: 3, each: 2, threads: 2 };
/** One key on the real clock. */
const RATE = { perSecond: 2_000, burst: 50, runMs: 500 };
const DRILL_LIMITS = {
  few: { perSecond: 1, burst: FEW.burst },
  fresh: { perSecond: 1, burst: FRESH.burst },
  rate: RATE,
};

type DrillName = keyof typeof DRILL_LIMITS;
type Rate = Pick<RateLimitPlan, 'perSecond' | 'burst'>;

/** The gate of one route, as one worker has it. Requests name their key in a header. */
class Gate {
  readonly #limits: RouteLimits;
  readonly #facts: ClientFacts;
  readonly #buf = Buffer.from(`GET / HTTP/1.1\r\nHost: a\r\nX-Key: ${'0'.repeat(KEY_DIGITS)}\r\n\r\n`, 'latin1');
  readonly #head = new RequestHead(16);
  readonly #standing = new LimitStanding();

  constructor(tables: Tables, worker: number, { perSecond, burst }: Rate) {
    const limit: RateLimitPlan = {
      name: 'keyed',
      row: 0,
      key: { from: 'header', name: 'x-key' },
      perSecond,
      burst,
      dryRun: false,
      lease: null,
    };
    const plan = planFor({ ports: [1], route: { rateLimits: [0] }, plan: { rateLimits: [limit] } });
    const state = new PlanState(plan, tables, worker, null, {
      recorder: new Recorder(tables.counters.rows[worker]!),
      onCircuit: () => {},
      onPanic: () => {},
      onRoom: () => {},
    });
    this.#limits = state.routes[0]!.limits!;
    this.#facts = state.listeners.get('public')!.factsOf('192.0.2.1');
    const limits = { headerBytes: 1024, headerCount: 16, targetBytes: 64 };
    assert.ok(parseRequestHead(this.#buf, 0, this.#buf.length, this.#head, limits) > 0);
  }

  /** Whether a request with this key is let through. */
  admits(key: number, nowMs: number): boolean {
    this.#buf.write(String(key).padStart(KEY_DIGITS, '0'), this.#buf.length - 4 - KEY_DIGITS, 'latin1');
    return this.#limits.admit(this.#buf, this.#head, this.#facts, nowMs, this.#standing);
  }
}

interface Counted {
  readonly allowed: number;
  readonly refused: number;
  readonly firstMs: number;
  readonly lastMs: number;
}

/** What a thread does; `spare`: tokens given of each key, then threads that have come to a key. */
const DRILLS: Readonly<Record<DrillName, (gate: Gate, spare: Int32Array, random: () => number) => Counted>> = {
  few: (gate, _, random) => {
    let allowed = 0;
    for (let turn = 0; turn < FEW.keys * FEW.burst; turn++)
      if (gate.admits((random() * FEW.keys) | 0, NOW_MS)) allowed += 1;
    return { allowed, refused: 0, firstMs: 0, lastMs: 0 };
  },
  fresh: (gate, spare) => {
    let allowed = 0;
    for (let key = 0; key < FRESH.keys; key++) {
      meet(spare, FRESH.keys, FRESH.threads * (key + 1));
      for (let take = 0; take < FRESH.each; take++) {
        if (!gate.admits(key, NOW_MS)) continue;
        allowed += 1;
        Atomics.add(spare, key, 1);
      }
    }
    return { allowed, refused: 0, firstMs: 0, lastMs: 0 };
  },
  rate: (gate) => {
    const firstMs = performance.now();
    let lastMs = firstMs;
    let allowed = 0;
    let refused = 0;
    while (lastMs < firstMs + RATE.runMs) {
      lastMs = performance.now();
      if (gate.admits(0, lastMs)) allowed += 1;
      else refused += 1;
    }
    return { allowed, refused, firstMs, lastMs };
  },
};

/** Returns when so many have come. Threads that run at one time leave at one time; one that does not run is waited for. */
function meet(cells: Int32Array, at: number, count: number): void {
  if (Atomics.add(cells, at, 1) + 1 === count) Atomics.notify(cells, at);
  for (let spins = 0; Atomics.load(cells, at) < count; spins++)
    if (spins > 2_000) Atomics.wait(cells, at, Atomics.load(cells, at), 1);
}

const CAPACITY = { workers: THREADS, slots: 4, routes: 2, pools: 2, limits: 2, bucketSets: 2 ** 15 };

interface Start {
  readonly drill: DrillName;
  readonly buffer: SharedArrayBuffer;
  readonly spare: SharedArrayBuffer;
  readonly worker: number;
  readonly seed: number;
}

interface Raced {
  readonly all: readonly Counted[];
  readonly spare: Int32Array;
  readonly evicted: number;
}

async function race(drill: DrillName, threads: number, seed: number): Promise<Raced> {
  const buffer = new SharedArrayBuffer(tablesBytes(CAPACITY));
  const spare = new SharedArrayBuffer(4 * (GATE_CELLS + FRESH.keys + 1));
  const gate = new Int32Array(spare);
  const counted = Array.from({ length: threads }, (_, worker) => {
    const start: Start = { drill, buffer, spare, worker, seed: seed + worker };
    return new Promise<Counted>((resolve, reject) => {
      const thread = new Worker(new URL(import.meta.url), { workerData: start });
      thread.once('message', resolve);
      thread.once('error', reject);
    });
  });
  while (Atomics.load(gate, 0) < threads) await new Promise((resolve) => setImmediate(resolve));
  Atomics.store(gate, 1, 1);
  Atomics.notify(gate, 1);
  const all = await Promise.all(counted);
  const evicted = layTables(buffer, CAPACITY).counters.limitCount(0, L.evicted);
  return { all, spare: gate.subarray(GATE_CELLS), evicted };
}

function runThread({ drill, buffer, spare, worker, seed }: Start): void {
  const cells = new Int32Array(spare);
  const gate = new Gate(layTables(buffer, CAPACITY), worker, DRILL_LIMITS[drill]);
  Atomics.add(cells, 0, 1);
  Atomics.wait(cells, 1, 0);
  parentPort?.postMessage(DRILLS[drill](gate, cells.subarray(GATE_CELLS), createPrng(seed)));
}

const allowedBy = (all: readonly Counted[]): number => all.reduce((sum, { allowed }) => sum + allowed, 0);

function defineTests(): void {
  const seed = Math.floor(Math.random() * 1e9);

  describe('buckets under several threads', () => {
    test('few keys, hammered: every token is given once', async (t) => {
      t.diagnostic(`seed ${seed}`);
      const { all } = await race('few', THREADS, seed);
      assert.equal(allowedBy(all), FEW.keys * FEW.burst);
    });

    test('keys that two threads meet for the first time at one moment have one bucket', async (t) => {
      t.diagnostic(`seed ${seed}`);
      const { spare, evicted } = await race('fresh', FRESH.threads, seed);
      const wrong = spare.subarray(0, FRESH.keys).filter((tokens) => tokens !== FRESH.burst);
      assert.deepEqual([...wrong.slice(0, 10)], [], `${wrong.length} keys gave other than ${FRESH.burst} tokens`);
      assert.equal(evicted, 0);
    });

    test('on the real clock no more than the burst and the rate', async (t) => {
      t.diagnostic(`seed ${seed}`);
      const { all } = await race('rate', THREADS, seed);
      const firstMs = Math.min(...all.map((one) => one.firstMs));
      const lastMs = Math.max(...all.map((one) => one.lastMs));
      const exact = RATE.burst + (RATE.perSecond * (lastMs - firstMs)) / 1000;
      t.diagnostic(`${allowedBy(all)} of ${exact.toFixed(1)}`);
      assert.ok(allowedBy(all) <= exact + 1, `${allowedBy(all)} of ${exact}`);
      assert.ok(
        all.some(({ refused }) => refused > 0),
        'more was asked for',
      );
    });
  });

  describe('workers that interrupt each other at a bucket', () => {
    const WORKERS = 3;
    const KEYS = 6;
    const BURST = 3;
    const small = { ...CAPACITY, workers: WORKERS, bucketSets: 1 };

    test('every key gives its burst and no more, in whatever order', (t) => {
      t.diagnostic(`seeds from ${seed}`);
      for (let run = seed; run < seed + 150; run++) {
        const random = createPrng(run);
        const tables = layTables(new ArrayBuffer(tablesBytes(small)), small);
        const gates = Array.from(
          { length: WORKERS },
          (_, worker) => new Gate(tables, worker, { perSecond: 1, burst: BURST }),
        );
        const asked = new Array<number>(KEYS).fill(0);
        const given = new Array<number>(KEYS).fill(0);
        const busy: number[] = [];
        const step = (): void => {
          const idle = gates.findIndex((_, worker) => !busy.includes(worker));
          const key = (random() * KEYS) | 0;
          busy.push(idle);
          asked[key]! += 1;
          if (gates[idle]!.admits(key, NOW_MS)) given[key]! += 1;
          busy.pop();
        };
        for (let turn = 0; turn < 40; turn++) withPreemption({ random, share: 0.2, step, busy }, step);
        const expected = asked.map((times) => Math.min(times, BURST));
        assert.deepEqual(given, expected, `seed ${run}`);
      }
    });
  });
}

if (isMainThread) defineTests();
else runThread(workerData as Start);
