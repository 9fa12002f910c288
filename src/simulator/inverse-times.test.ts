import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServiceTimes } from '#contract/simulate.ts';
import { InverseTimes } from './inverse-times.ts';
import { normalQuantile } from './normal-quantile.ts';

const near = (actual: number, expected: number, share = 0.005): void =>
  assert.ok(Math.abs(actual - expected) <= share * Math.abs(expected), `${actual}, not ${expected}`);

/** Mean of draws at evenly spread shares. */
function meanOf(service: ServiceTimes): number {
  const times = new InverseTimes(service);
  const draws = 2_000_000;
  let sum = 0;
  for (let at = 0; at < draws; at++) sum += times.at((at + 0.5) / draws);
  return sum / draws;
}

test('means and quantiles are the distribution’s', () => {
  near(meanOf({ kind: 'exponential', meanMs: 25 }), 25);
  near(meanOf({ kind: 'lognormal', meanMs: 25, sigma: 1.3 }), 25, 0.01);
  near(meanOf({ kind: 'bimodal', shortMs: 12, longMs: 280, longShare: 0.05 }), 25.4, 0.01);
  near(meanOf({ kind: 'constant', ms: 7 }), 7);
  const exponential = new InverseTimes({ kind: 'exponential', meanMs: 10 });
  for (const share of [0.1, 0.5, 0.9, 0.99, 0.999, 0.99999]) near(exponential.at(share), -10 * Math.log(1 - share));
  near(new InverseTimes({ kind: 'lognormal', meanMs: 25, sigma: 1.3 }).at(0.5), 25 * Math.exp(-(1.3 ** 2) / 2));
});

test('what the table says of its own mean is so', () => {
  near(new InverseTimes({ kind: 'exponential', meanMs: 25 }).meanMs, 25);
  near(new InverseTimes({ kind: 'constant', ms: 3 }, 2).meanMs, 6);
});

test('between measured quantiles the logarithm rises in a straight line, beyond them nothing does', () => {
  const times = new InverseTimes({ kind: 'quantiles', shares: [0.2, 0.5, 1], ms: [10, 20, 80] });
  near(times.at(0), 10);
  near(times.at(0.1), 10);
  near(times.at(0.35), Math.sqrt(200));
  near(times.at(0.75), 40);
  near(times.at(0.99999), 80);
});

test('normal quantiles', () => {
  for (const [share, value] of [
    [0.5, 0],
    [0.975, 1.959963984540054],
    [0.001, -3.090232306167813],
    [1e-9, -5.997807015007686],
  ] as const)
    assert.ok(Math.abs(normalQuantile(share) - value) < 1e-12, `${share}: ${normalQuantile(share)}`);
});
