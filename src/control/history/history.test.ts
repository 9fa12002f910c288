import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { HISTORY_COUNTERS, HISTORY_GAUGES } from '#contract/history.ts';
import { HistoryModel } from '../../../test/support/history-model.ts';
import { crowdOf, sampleOf, type Said } from '../../../test/support/history-samples.ts';
import { TwoClocks } from '../../../test/support/two-clocks.ts';
import { LogRecord } from '../../../test/support/virtual-timers.ts';
import { CELLS_MAX } from './history-answer.ts';
import { HISTORY_SPAN_S, HISTORY_STEPS_MAX } from './history-range.ts';
import { createHistory, type History, type HistoryOptions } from './history.ts';
import { LATENCY_BUCKETS } from './latency-buckets.ts';
import { OTHER } from './name-book.ts';
import type { Sample } from './step.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

function begun(options: Partial<HistoryOptions> = {}) {
  const clocks = new TwoClocks();
  const log = new LogRecord();
  const next: Said[] = [];
  const history = createHistory({
    dir: null,
    timers: clocks,
    log,
    sample: () => sampleOf(next.shift() ?? {}),
    ...options,
  });
  history.start();
  const past = (spanMs: number, stepS: number | null = null) =>
    history.between(clocks.wallMs() - spanMs, clocks.wallMs(), stepS);
  return { clocks, log, next, history, past };
}

type Command =
  | { readonly do: 'pass'; readonly ms: number; readonly said: readonly Said[] }
  | { readonly do: 'hang'; readonly ms: number }
  | { readonly do: 'clock'; readonly ms: number }
  | { readonly do: 'restart'; readonly downMs: number }
  | { readonly do: 'ask'; readonly agoS: number; readonly spanS: number; readonly stepS: number | null };

const picks = fc.dictionary(fc.constantFrom('app/a', 'app/b', 'api/a', 'api/c'), fc.nat(300));
const said: fc.Arbitrary<Said> = fc.record({
  requests: fc.nat(1000),
  bytesOut: fc.maxSafeNat().map((bytes) => bytes % 2 ** 40),
  status5xx: fc.nat(3),
  inFlight: fc.nat(5),
  backendsUp: fc.nat(3),
  picks,
  latency: fc.dictionary(fc.nat(LATENCY_BUCKETS - 1).map(String), fc.integer({ min: 1, max: 500 }), { maxKeys: 4 }),
});
const commands: fc.Arbitrary<Command[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('pass' as const),
        ms: fc.integer({ min: 1, max: 150_000 }),
        said: fc.array(said, { maxLength: 20 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('hang' as const), ms: fc.integer({ min: 1, max: 9000 }) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant('clock' as const),
        ms: fc.oneof(fc.integer({ min: -5000, max: 5000 }), fc.integer({ min: -2 * HOUR_MS, max: 2 * DAY_MS })),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const), downMs: fc.nat(100_000) }) },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('ask' as const),
        agoS: fc.oneof(fc.nat(600), fc.nat(HISTORY_SPAN_S)),
        spanS: fc.oneof(fc.nat(600), fc.nat(HISTORY_SPAN_S)),
        stepS: fc.option(fc.oneof(fc.integer({ min: 1, max: 90 }), fc.integer({ min: 1, max: 86_400 }))),
      }),
    },
  ),
  { minLength: 5, maxLength: 40 },
);

/** Does the same to the history and to the model, and compares their answers. */
class Pair {
  readonly #clocks = new TwoClocks();
  readonly #model = new HistoryModel();
  readonly #dir: string;
  readonly #next: Said[] = [];
  #stopping = false;
  #history: History;
  readonly log = new LogRecord();

  constructor(dir: string) {
    this.#dir = dir;
    this.#history = this.#begin();
  }

  obey(command: Command): void {
    switch (command.do) {
      case 'pass':
        this.#next.push(...command.said);
        return this.#clocks.advance(command.ms);
      case 'hang':
        return this.#clocks.pass(command.ms);
      case 'clock':
        return void (this.#clocks.offsetMs += command.ms);
      case 'restart':
        this.stop();
        this.#clocks.advance(command.downMs);
        this.#history = this.#begin();
        return;
      case 'ask': {
        const toMs = this.#clocks.wallMs() - command.agoS * 1000;
        const answer = this.#history.between(toMs - command.spanS * 1000, toMs, command.stepS);
        assert.deepEqual(answer, this.#model.expected(answer));
      }
    }
  }

  stop(): void {
    this.#stopping = true;
    this.#history.stop();
    this.#stopping = false;
  }

  #begin(): History {
    const sample = () => {
      const now = this.#next.shift() ?? {};
      const second = Math.floor((this.#clocks.wallMs() - 20) / 1000);
      this.#model.record(this.#stopping ? second : second - 1, now);
      return sampleOf(now);
    };
    const history = createHistory({ dir: this.#dir, timers: this.#clocks, log: this.log, sample });
    history.start();
    return history;
  }
}

describe('history', () => {
  test('it answers as a plain model does, through restarts, late timers and a clock that jumps', () => {
    const root = mkdtempSync(join(tmpdir(), 'eb-history-'));
    try {
      fc.assert(
        fc.property(commands, (list) => {
          const pair = new Pair(mkdtempSync(join(root, 'run-')));
          try {
            for (const command of list) pair.obey(command);
            pair.obey({ do: 'ask', agoS: 0, spanS: 3500, stepS: null });
            pair.obey({ do: 'ask', agoS: 0, spanS: HISTORY_SPAN_S, stepS: 60 });
          } finally {
            pair.stop();
          }
          assert.deepEqual(pair.log.lines, []);
        }),
        { numRuns: 60 },
      );
    } finally {
      rmSync(root, { recursive: true });
    }
  });

  test('counters are sums over a step, gauges the last of it, and a missing second is not zero', () => {
    const { clocks, next, past } = begun();
    next.push(
      { requests: 5, inFlight: 9, picks: { 'app/a': 3, 'app/b': 2 }, latency: { 3: 4, 85: 1 } },
      { requests: 7, inFlight: 4, picks: { 'app/a': 7 }, latency: { 3: 2, 40: 5 } },
    );
    clocks.advance(2020);
    clocks.pass(3000);
    clocks.advance(0);
    const begin = Date.UTC(2026, 0, 1) / 1000;
    const bySecond = past(5000, 1);
    assert.deepEqual(bySecond.at, [begin, begin + 1, begin + 4], 'the thread hung for seconds 2 and 3');
    assert.deepEqual(bySecond.series.requests, [5, 7, 0]);
    assert.deepEqual(bySecond.series.inFlight, [9, 4, 0]);
    assert.deepEqual(bySecond.backendSelection, { 'app/a': [3, 7, 0], 'app/b': [2, 0, 0] });
    assert.deepEqual(
      bySecond.latency.map(({ counts }) => counts),
      [
        [4, 2, 0],
        [0, 5, 0],
        [1, 0, 0],
      ],
    );
    assert.deepEqual(
      bySecond.latency.map(({ fromMs, toMs }) => [fromMs, toMs]),
      [
        [0.091, 0.108],
        [55.109, 65.536],
        [134_217.728, null],
      ],
    );
    const byTwo = past(5000, 2);
    assert.deepEqual([byTwo.at, byTwo.step], [[begin, begin + 4], 2]);
    assert.deepEqual(byTwo.series.requests, [12, 0]);
    assert.deepEqual(byTwo.series.inFlight, [4, 0]);
    assert.deepEqual([byTwo.from, byTwo.to], ['2026-01-01T00:00:00.000Z', '2026-01-01T00:00:06.000Z']);
  });

  test('after 48 hours there are an hour of seconds and a day of minutes, and no more', () => {
    let requests = 0;
    const sample = { ...crowdOf(3), counters: sampleOf({ requests: 2 }).counters };
    const { clocks, past } = begun({ sample: () => (requests++, sample) });
    clocks.advance(2 * DAY_MS);
    assert.equal(requests, 2 * HISTORY_SPAN_S - 1);
    const hour = past(HOUR_MS - 1000, 2);
    assert.deepEqual([hour.step, hour.at.length], [2, 1800]);
    assert.deepEqual(new Set(hour.series.requests.slice(0, -1)), new Set([4]), 'the last step is not over');
    const day = past(DAY_MS, 60);
    assert.equal(day.at.length, 1440);
    assert.equal(sum(day.series.requests), 2 * (HISTORY_SPAN_S - 1), 'the last second is not over');
    const longer = past(2 * DAY_MS, 60);
    assert.deepEqual(longer.at, day.at, 'what was before is gone, and asking for it is no error');
    assert.ok(past(DAY_MS, 1).step === 60 && past(2 * DAY_MS, 1).at.length <= HISTORY_STEPS_MAX);
  });

  test('what came between the last tick and the end is not lost', () => {
    const { clocks, next, history, past } = begun();
    clocks.advance(1500);
    next.push({ requests: 3 });
    history.stop();
    history.stop();
    assert.equal(clocks.pending, 0);
    assert.equal(sum(past(10_000).series.requests), 3);
  });

  test('a fault in sampling is told of once and ends nothing', () => {
    let calls = 0;
    const broken = () => {
      if (calls++ < 3) throw new Error('broken');
      return sampleOf({ requests: 1 });
    };
    const { clocks, log, past } = begun({ sample: broken });
    clocks.advance(5_500);
    assert.equal(sum(past(10_000).series.requests), 2);
    assert.deepEqual(log.lines, ['error a second of the history was lost to a fault of the program']);
  });

  test('with many backends steps become coarser, and no pick is lost', () => {
    const { clocks, past } = begun({ sample: constant(crowdOf(2000, 3)) });
    clocks.advance(600_500);
    const answer = past(600_000, 1);
    const columns = Object.values(answer.backendSelection);
    assert.equal(columns.length, 2000);
    assert.ok(answer.step > 1 && columns.length * answer.at.length <= CELLS_MAX, `${answer.step} s`);
    assert.equal(sum(columns.flat()), 2000 * 3 * 600);
    assert.equal(past(30_000, 1).step, 1);
  });

  test('where seconds take too much room the oldest go, and minutes answer for them', () => {
    const { clocks, past } = begun({ sample: constant(crowdOf(1000)), limits: { ringBytesMax: 200_000 } });
    clocks.advance(1_800_500);
    assert.equal(past(30_000, 1).step, 1);
    const longer = past(1_200_000, 1);
    assert.equal(longer.step, 60);
    assert.equal(sum(past(1_740_000, 60).series.requests) % 7000, 0);
    assert.ok(longer.at.length >= 20);
  });

  test('backends that come and go leave room for new ones; too many at once count as one', () => {
    let second = 0;
    const sample = () => sampleOf({ picks: { [`app/${Math.floor(second++ / 2)}`]: 1, 'app/always': 1 } });
    const { clocks, past } = begun({ sample, limits: { namesMax: 50, ringBytesMax: 16_000 } });
    clocks.advance(600_500);
    const recent = past(20_000, 1).backendSelection;
    assert.equal(sum(recent['app/always'] ?? []), 20);
    assert.equal(sum(Object.values(recent).flat()), 40, 'each pick is under some name');
    const all = past(600_000, 60).backendSelection;
    assert.equal(sum(Object.values(all).flat()), sum(all['app/always'] ?? []) * 2);
    assert.ok(Object.keys(all).length <= 51 && OTHER in all);
  });

  test('names and their order are what the packed steps were written with', () => {
    // Only add at the end: what is in files and in memory tells them apart by their place.
    assert.equal(
      HISTORY_COUNTERS.join(),
      'requests,retries,failovers,upstreamErrors,circuitOpens,rateLimited,status1xx,status2xx,status3xx,status4xx,status5xx,bytesIn,bytesOut',
    );
    assert.equal(HISTORY_GAUGES.join(), 'inFlight,connections,backendsUp');
  });
});

function constant(sample: Sample): () => Sample {
  return () => sample;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
