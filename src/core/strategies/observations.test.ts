import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPrng } from '../math/prng.ts';
import type { StrategyEnv } from '../strategy.ts';
import { Observations, OBSERVATION_ROWS } from './observations.ts';

const MEMORY_MS = 3000;
const SLOT = 5;

function observers(workers: number, print?: (rows: Readonly<Record<string, Float64Array[]>>) => void): Observations[] {
  const row = (): Float64Array[] => Array.from({ length: workers }, () => new Float64Array(16));
  const rows = Object.fromEntries(OBSERVATION_ROWS.map((name) => [name, row()]));
  print?.(rows);
  const cells = { inFlight: new Int32Array(16), weight: new Float64Array(16).fill(1) };
  return Array.from({ length: workers }, (_, worker) => {
    const env: StrategyEnv = { params: {}, ...cells, rows, words: {}, worker, random: () => 0, nameOf: String };
    return new Observations(env, MEMORY_MS);
  });
}

const near = (actual: number, expected: number): void =>
  assert.ok(Math.abs(actual - expected) < 1e-9, `${actual}, not ${expected}`);

test('mean and variance are those of the samples, each weighed by its age', () => {
  const [own] = observers(1);
  const samples = [
    { x: 3, atMs: 0 },
    { x: 3.5, atMs: 700 },
    { x: 2.2, atMs: 1900 },
    { x: 4.1, atMs: 4000 },
  ];
  for (const { x, atMs } of samples) own.end(SLOT, x, false, atMs);
  own.merge(SLOT, 1, 5000);
  const weights = samples.map(({ atMs }) => Math.exp((atMs - 5000) / MEMORY_MS));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const mean = samples.reduce((sum, { x }, at) => sum + (x * weights[at]) / total, 0);
  near(own.samples[SLOT], total);
  near(own.mean[SLOT], mean);
  near(
    own.variance[SLOT],
    samples.reduce((sum, { x }, at) => sum + ((x - mean) ** 2 * weights[at]) / total, 0),
  );
});

test('several workers together know what one alone would know', () => {
  const random = createPrng(1);
  const [alone] = observers(1);
  const team = observers(4);
  for (let turn = 0; turn < 200; turn++) {
    const x = 3 + random();
    alone.end(SLOT, x, false, turn * 10);
    team[turn % 4].end(SLOT, x, false, turn * 10);
  }
  for (const observer of [alone, ...team]) observer.merge(SLOT, 1, 2500);
  for (const member of team) {
    near(member.samples[SLOT], alone.samples[SLOT]);
    near(member.mean[SLOT], alone.mean[SLOT]);
    near(member.variance[SLOT], alone.variance[SLOT]);
  }
});

test('a changed backend is seen within some thirty samples; noise is not taken for a change', () => {
  const random = createPrng(2);
  const run = (shift: number): number => {
    const [own] = observers(1);
    let nowMs = 0;
    const observe = (x: number): void => {
      own.end(SLOT, x + Math.log(-Math.log(1 - random())), false, (nowMs += 10));
      own.merge(SLOT, 1.28, nowMs);
    };
    for (let sample = 0; sample < 300; sample++) observe(3);
    const before = own.mean[SLOT];
    for (let sample = 0; sample < 32; sample++) observe(3 + shift);
    return own.mean[SLOT] - before;
  };
  assert.ok(run(2.1) > 1.3, 'eight times slower: most of it is seen');
  for (let runs = 0; runs < 50; runs++) assert.ok(Math.abs(run(0)) < 0.3, 'noise alone changes little');
});

test('error shares look back on few attempts, those of all workers together', () => {
  const team = observers(2);
  for (let turn = 0; turn < 100; turn++) team[turn % 2].end(SLOT, 3, false, turn);
  for (const member of team) member.merge(SLOT, 1, 100);
  for (let turn = 100; turn < 120; turn++) team[turn % 2].end(SLOT, 3, true, turn);
  for (const member of team) member.merge(SLOT, 1, 120);
  assert.ok(team[0].errorShare[SLOT] > 0.8, `${team[0].errorShare[SLOT]}`);
  for (let turn = 120; turn < 145; turn++) team[turn % 2].end(SLOT, 3, false, turn);
  team[0].merge(SLOT, 1, 145);
  assert.ok(team[0].errorShare[SLOT] < 0.15, `${team[0].errorShare[SLOT]}`);
});

test('a wait that a client did not bear counts as a sample, not as an attempt', () => {
  const [own] = observers(1);
  own.end(SLOT, 3, false, 0);
  own.outwait(SLOT, 5, 0);
  own.merge(SLOT, 1, 0);
  near(own.mean[SLOT], 4);
  near(own.tries[SLOT], 1);
  near(own.since[SLOT], 0);
});

test('silence lasts since any worker heard of the backend', () => {
  const [one, other] = observers(2);
  one.wake(SLOT, 100);
  other.end(SLOT, 3, false, 250);
  near(one.since[SLOT], 100);
  near(one.silentSince(SLOT), 250);
  near(one.since[SLOT], 250);
});

test('a clock of another worker that is a little ahead does no harm', () => {
  const [one, other] = observers(2);
  other.end(SLOT, 3, false, 1000);
  one.end(SLOT, 3, false, 999);
  one.merge(SLOT, 1, 999);
  near(one.samples[SLOT], 2);
});

test('a worker that has seen nothing writes nothing', () => {
  let rows: Readonly<Record<string, Float64Array[]>> = {};
  const [one, other] = observers(2, (made) => (rows = made));
  for (let turn = 0; turn < 140; turn++) {
    one.end(SLOT, turn < 100 ? 3 : 7, false, turn);
    other.merge(SLOT, 0.3, turn);
    one.merge(SLOT, 0.3, turn);
  }
  assert.ok(one.mean[SLOT] > 5);
  for (const [name, row] of Object.entries(rows)) assert.ok(row[1].every((value) => value === 0), name); // prettier-ignore
});
