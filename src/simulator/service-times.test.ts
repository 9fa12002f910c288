import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPrng } from '#core/math/prng.ts';
import { bimodal, deterministic, exponential, lognormal, type ServiceTime } from './service-times.ts';

const DRAWS = 400_000;

function draws(service: ServiceTime): Float64Array {
  const random = createPrng(1);
  return Float64Array.from({ length: DRAWS }, () => service(random)).sort();
}
const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const near = (actual: number, expected: number, share = 0.01): void =>
  assert.ok(Math.abs(actual - expected) < share * expected, `${actual}, not ${expected}`);

test('exponential: its mean, and a median of ln 2 of it', () => {
  const times = draws(exponential(25));
  near(mean(times), 25);
  near(times[DRAWS / 2], 25 * Math.LN2);
});

test('lognormal: its mean, and a median below it by half the variance of the logarithm', () => {
  const times = draws(lognormal(25, 1.3));
  near(mean(times), 25, 0.02);
  near(times[DRAWS / 2], 25 * Math.exp(-(1.3 ** 2) / 2));
});

test('bimodal and deterministic', () => {
  const times = draws(bimodal(12, 280, 0.05));
  near(times.filter((time) => time === 280).length, DRAWS * 0.05);
  assert.deepEqual([...new Set(times)], [12, 280]);
  assert.deepEqual([...new Set(draws(deterministic(25)))], [25]);
});
