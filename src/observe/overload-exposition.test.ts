import assert from 'node:assert/strict';
import { test } from 'node:test';
import { P, type PoolCounter } from '#memory/counters.ts';
import { observedTwo } from '../../test/support/observed.ts';
import { Exposition } from './exposition.ts';
import { overload } from './overload-exposition.ts';
import type { Observed } from './observed.ts';

function linesOf(observed: Observed): string[] {
  const out = new Exposition();
  overload(out, observed);
  return out
    .toString()
    .split('\n')
    .filter((line) => !line.startsWith('#') && line !== '');
}

test('every reason is there from the start, and counts over all workers', () => {
  const { observed, recorders } = observedTwo();
  assert.deepEqual(
    linesOf(observed).filter((line) => line.startsWith('edgebalancer_overload_rejected_total')),
    [
      'edgebalancer_overload_rejected_total{reason="connections"} 0',
      'edgebalancer_overload_rejected_total{reason="event-loop-lag"} 0',
      'edgebalancer_overload_rejected_total{reason="memory"} 0',
      'edgebalancer_overload_rejected_total{reason="backends-full",pool="app"} 0',
      'edgebalancer_overload_rejected_total{reason="queue-full",pool="app"} 0',
      'edgebalancer_overload_rejected_total{reason="queue-timeout",pool="app"} 0',
      'edgebalancer_overload_rejected_total{reason="concurrency",pool="app"} 0',
    ],
  );
  for (const recorder of recorders) {
    recorder.connectionRefused();
    recorder.shed(false);
    recorder.shed(true);
    for (const counter of ['backendsFull', 'queueFull', 'queueTimeouts', 'concurrencyLimited'] satisfies PoolCounter[])
      recorder.pool(0, P[counter]);
  }
  for (const line of linesOf(observed).filter((text) => text.startsWith('edgebalancer_overload_rejected_total')))
    assert.ok(line.endsWith(' 2'), line);
});

test('the line of a pool: how long it is, and how many have stood in it', () => {
  const { observed, recorders } = observedTwo();
  observed.tables.pools.enqueue(0, 0, 10);
  observed.tables.pools.enqueue(1, 0, 10);
  for (let count = 0; count < 5; count++) recorders[0]?.pool(0, P.queued);
  const lines = linesOf(observed);
  assert.ok(lines.includes('edgebalancer_queue_length{pool="app"} 2'), lines.join('\n'));
  assert.ok(lines.includes('edgebalancer_queued_total{pool="app"} 5'));
});

test('an adaptive limit is told once it is known; pools without one have none', () => {
  const { observed } = observedTwo();
  const { plan, tables } = observed;
  const said = (of: Observed): string[] =>
    linesOf(of).filter((line) => line.startsWith('edgebalancer_concurrency_limit'));
  const limited = {
    ...observed,
    plan: { ...plan, pools: plan.pools.map((pool) => ({ ...pool, concurrency: { algorithm: 'gradient' as const } })) },
  };
  assert.deepEqual(said(limited), []);
  tables.concurrency.peers(0, 0).tell(10, 30.5, 1);
  tables.concurrency.peers(1, 0).tell(10, 20.9, 1);
  assert.deepEqual(said(limited), ['edgebalancer_concurrency_limit{pool="app"} 51']);
  assert.deepEqual(said(observed), []);
});
