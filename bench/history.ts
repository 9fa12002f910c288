/**
 * What does the history cost the supervisor's thread? Microseconds of a sample (the tables read, and filed), of the write
 * each 10 s, of opening a full file, and of a question about an hour and about a day; and the room that a full history
 * takes. With 3, 100, 1,000 and 4,000 backends that all had requests in each step. Run: `node bench/history.ts`.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HistoryFile } from '../src/control/history/history-file.ts';
import { historyAnswer } from '../src/control/history/history-answer.ts';
import { HistoryStore } from '../src/control/history/history-store.ts';
import type { Plan } from '../src/core/plan.ts';
import { METHOD_SERIES, type CounterRow } from '../src/memory/counters.ts';
import { DEFAULT_CAPACITY } from '../src/memory/layout.ts';
import { layTables, tablesBytes } from '../src/memory/tables.ts';
import type { Observed } from '../src/observe/observed.ts';
import { Recorder } from '../src/observe/recorder.ts';
import { historySampler } from '../src/supervisor/history-sampler.ts';

const WORKERS = 4;
/** Routes, and requests to each by GET and POST, in each second. */
const CASES = [
  { backends: 3, routes: 2 },
  { backends: 100, routes: 10 },
  { backends: 1000, routes: 20 },
  { backends: 4000, routes: 255 },
];
const HOUR_S = 3_600;
const DAY_S = 86_400;
const NOW_S = Date.UTC(2026, 0, 2) / 1000;
/** Samples that are measured, each after a second of traffic. */
const ROUNDS = 300;

/** As much of a plan as is looked at. */
function observedOf({ backends, routes }: (typeof CASES)[number]): { observed: Observed; recorders: Recorder[] } {
  const capacity = { ...DEFAULT_CAPACITY, workers: 16, bucketSets: 2 };
  const tables = layTables(new SharedArrayBuffer(tablesBytes(capacity)), capacity);
  const pool = {
    name: 'app',
    backends: Array.from({ length: backends }, (_, slot) => ({ id: `10.0.${slot >> 8}.${slot & 255}:3000`, slot })),
  };
  const plan = {
    pools: [pool],
    routes: Array.from({ length: routes }, (_, at) => ({
      name: `route-${at}`,
      row: at + 1,
      controlPlane: false,
      split: [],
    })),
  } as unknown as Plan;
  const observed = {
    plan,
    tables,
    workerRows: WORKERS,
    probes: () => null,
    addresses: () => [],
    circuitChange: () => null,
    certificates: [],
    discovery: () => null,
  };
  const recorders = tables.counters.rows.slice(0, WORKERS).map((row: CounterRow) => new Recorder(row));
  return { observed, recorders };
}

function traffic({ plan }: Observed, recorders: readonly Recorder[], turn: number): void {
  const [pool] = plan.pools;
  pool!.backends.forEach(({ slot }, at) => {
    for (let pick = 0; pick < 20 + ((at + turn) % 9); pick++) recorders[pick % WORKERS]!.pick(slot);
  });
  for (const { row } of plan.routes)
    for (const method of ['GET', 'POST'])
      for (const status of [200, 304, 404, 503])
        recorders[turn % WORKERS]!.exchange(row, METHOD_SERIES.indexOf(method as 'GET'), status, 3);
}

function timed(times: number[], work: () => void): void {
  const from = process.hrtime.bigint();
  work();
  times.push(Number(process.hrtime.bigint() - from) / 1000);
}

function at(times: readonly number[], share: number): string {
  const sorted = times.toSorted((a, b) => a - b);
  const us = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
  return us < 1000 ? `${Math.round(us)} µs` : `${(us / 1000).toFixed(1)} ms`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** A store with every step of the past day. */
function filledStore(sample: () => ReturnType<ReturnType<typeof historySampler>>): HistoryStore {
  const store = new HistoryStore();
  const one = sample();
  // What only minutes tell of comes as a minute's amounts at once: a day of seconds is not worth the wait.
  const minute = {
    ...one,
    counters: one.counters.map((amount) => amount * 60),
    picks: one.picks.map((picks) => picks * 60),
  };
  for (let atS = NOW_S - DAY_S; atS < NOW_S - HOUR_S - 60; atS += 60) store.record(atS, minute);
  for (let atS = NOW_S - HOUR_S - 60; atS < NOW_S; atS++) store.record(atS, one);
  return store;
}

function row(size: (typeof CASES)[number]): string[] {
  const { observed, recorders } = observedOf(size);
  const take = historySampler(() => observed);
  traffic(observed, recorders, 0);
  const store = filledStore(take);
  const dir = mkdtempSync(join(tmpdir(), 'eb-bench-history-'));
  try {
    const path = join(dir, 'history.sqlite');
    let file = HistoryFile.open(path);
    file.write(store, true);
    const samples: number[] = [];
    const writes: number[] = [];
    for (let turn = 0; turn < ROUNDS; turn++) {
      traffic(observed, recorders, turn);
      timed(samples, () => store.record(NOW_S + turn, take()));
      if (turn % 10 === 9) timed(writes, () => file.write(store, false));
    }
    file.close();
    const fileBytes = statSync(path).size;
    const opens: number[] = [];
    for (let time = 0; time < 5; time++)
      timed(opens, () => {
        file = HistoryFile.open(path);
        new HistoryStore().adopt(file.read());
        if (time < 4) file.close();
      });
    file.close();
    const [hours, days]: [number[], number[]] = [[], []];
    const ask = (spanS: number, times: number[]) => {
      const nowS = NOW_S + ROUNDS;
      timed(times, () =>
        historyAnswer(store, { fromS: nowS - spanS, toS: nowS, stepS: null }, nowS, nowS - HOUR_S - 60),
      );
    };
    for (let time = 0; time < 20; time++) {
      ask(HOUR_S, hours);
      ask(DAY_S, days);
    }
    return [
      `${size.backends}`,
      `${size.routes}`,
      `${at(samples, 0.5)} / ${at(samples, 0.99)}`,
      `${at(writes, 0.5)} / ${at(writes, 1)}`,
      at(opens, 0.5),
      `${at(hours, 0.5)} / ${at(hours, 1)}`,
      `${at(days, 0.5)} / ${at(days, 1)}`,
      megabytes(store.seconds.bytes + store.minutes.bytes),
      megabytes(fileBytes),
    ];
  } finally {
    rmSync(dir, { recursive: true });
  }
}

console.log(
  '| backends | routes | sample p50 / p99 | write of 10 s p50 / max | open | an hour p50 / max | a day p50 / max | memory | file |',
);
console.log('| --: | --: | --: | --: | --: | --: | --: | --: | --: |');
for (const size of CASES) console.log(`| ${row(size).join(' | ')} |`);
