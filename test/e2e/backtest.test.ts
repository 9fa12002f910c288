/** The short form of `bench/backtest.ts`: recorded under one strategy, predicted for another, switched to, measured. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { report } from '../../bench/support/backtest/report.ts';
import { startSubject } from '../../bench/support/backtest/subject.ts';
import { TestBed } from '../../bench/support/tail/test-bed.ts';

const RUN = { scenario: 'homog', seconds: 3, independent: false };

test('what is recorded of eight equal backends predicts another strategy', async (t) => {
  t.diagnostic('seeds 1 and 2');
  const bed = await TestBed.start();
  t.after(() => bed.stop());
  const { target, predict, use } = await startSubject('least-connections', bed.backends);
  t.after(() => target.stop());
  // Cold code makes a backend look slow: it is outnumbered.
  await bed.measure({ ...RUN, seed: 1, seconds: 12 }, target.port);
  const { now, alternatives, basis } = await predict(['round-robin']);
  const places = basis.model.traffic.backends.map(({ concurrency }) => concurrency);
  t.diagnostic(`places found: ${places.join()}`);
  assert.ok(
    places.every((one) => one === null || (one >= 2 && one <= 8)),
    places.join(),
  );
  await use('round-robin');
  const { p99, errorShare } = await bed.measure({ ...RUN, seed: 2 }, target.port);
  assert.equal(errorShare, 0);
  const predicted = alternatives[0]?.p99Ms?.mean ?? 0;
  t.diagnostic(`predicted ${predicted.toFixed(0)} ms, measured ${p99.toFixed(0)} ms`);
  // Three seconds on a machine that does other things too: the machinery is what is tested, the figures are the benchmark's.
  assert.ok(predicted > p99 / 2.5 && predicted < p99 * 2.5);
  assert.ok(predicted >= (now.p99Ms?.mean ?? 0) * 0.98, 'round robin is no better, and that is predicted');
});

test('a report counts errors at the median, and directions', () => {
  const one = (scenario: string, strategy: string, predictedMs: number, measuredMs: number) => ({
    scenario,
    seed: 1,
    recorded: 'a',
    strategy,
    predictedMs,
    measuredMs,
    polluted: false,
  });
  const verdict = report([
    one('x', 'a', 100, 100),
    one('x', 'b', 110, 100),
    one('x', 'c', 80, 90),
    one('x', 'd', 150, 120),
    one('y', 'a', 100, 200),
    one('y', 'b', 104, 195),
  ]);
  assert.equal(verdict.pairs, 4);
  assert.equal(verdict.ranked, 3);
  assert.ok(Math.abs(verdict.medianError - 0.18) < 0.01, String(verdict.medianError));
});
