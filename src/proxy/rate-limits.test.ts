import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RateLimitPlan } from '#core/plan-failures.ts';
import { RequestHead, parseRequestHead } from '#http1/request-head.ts';
import { L } from '#memory/counters.ts';
import { layTables, tablesBytes, type Tables } from '#memory/tables.ts';
import { Recorder } from '#observe/recorder.ts';
import { planFor } from '../../test/support/plane.ts';
import { PlanState } from './plan-state.ts';
import { LimitStanding } from './rate-limits.ts';

const CAPACITY = { workers: 1, slots: 4, routes: 4, pools: 2, limits: 4, bucketSets: 64 };
const NOW_MS = 5000;

type Sketch = Partial<RateLimitPlan> & Pick<RateLimitPlan, 'burst'>;

/** A route with these limits, named a, b, … */
function routeOf(...sketches: readonly Sketch[]) {
  const rateLimits = sketches.map((sketch, row): RateLimitPlan => ({
    name: 'abcd'[row]!,
    row,
    key: { from: 'client-ip' },
    perSecond: 1,
    dryRun: false,
    lease: null,
    ...sketch,
  }));
  const plan = planFor({ ports: [1], route: { rateLimits: rateLimits.map(({ row }) => row) }, plan: { rateLimits } });
  const tables: Tables = layTables(new ArrayBuffer(tablesBytes(CAPACITY)), CAPACITY);
  const state = new PlanState(plan, tables, 0, null, {
    recorder: new Recorder(tables.counters.rows[0]!),
    onCircuit: () => {},
    onPanic: () => {},
    onRoom: () => {},
  });
  const limits = state.routes[0]!.limits!;
  const listener = state.listeners.get('public')!;
  return {
    standing: new LimitStanding(),
    count: (row: number, cell: number): number => tables.counters.limitCount(row, cell),
    ask(lines = '', address = '192.0.2.1'): boolean {
      const buf = Buffer.from(`GET / HTTP/1.1\r\nHost: a\r\n${lines}\r\n`, 'latin1');
      const head = new RequestHead(16);
      const headLimits = { headerBytes: 1024, headerCount: 16, targetBytes: 64 };
      assert.ok(parseRequestHead(buf, 0, buf.length, head, headLimits) > 0);
      return limits.admit(buf, head, listener.factsOf(address), NOW_MS, this.standing);
    },
  };
}

const times = (count: number, ask: () => boolean): number => Array.from({ length: count }, ask).filter(Boolean).length;

test('a request that one limit refuses uses up nothing of the others', () => {
  const route = routeOf({ burst: 5 }, { burst: 2, key: { from: 'header', name: 'x-key' } }, { burst: 9 });
  assert.equal(
    times(6, () => route.ask('X-Key: one\r\n')),
    2,
  );
  assert.equal(route.count(0, L.allowed), 2);
  assert.equal(route.count(1, L.limited), 4);
  assert.equal(
    times(9, () => route.ask('X-Key: two\r\n')),
    2,
    'three are left by address',
  );
  assert.equal(
    times(9, () => route.ask('X-Key: three\r\n')),
    1,
  );
  assert.equal(route.standing.nearest, 0);
});

test('a value that a client chooses is not the address of another', () => {
  const route = routeOf({ burst: 1, key: { from: 'header', name: 'x-key' } });
  assert.ok(route.ask('X-Key: 192.0.2.1\r\n', '198.51.100.9'));
  assert.ok(route.ask('', '192.0.2.1'), 'by its address');
  assert.equal(route.ask('', '192.0.2.1'), false);
  assert.equal(route.ask('X-Key:\r\n', '192.0.2.1'), false, 'no value is no key');
});

test('a limit on trial counts what it would refuse, and shows in no field', () => {
  const route = routeOf({ burst: 1, dryRun: true }, { burst: 3 });
  assert.equal(
    times(4, () => route.ask()),
    3,
  );
  assert.deepEqual([route.count(0, L.allowed), route.count(0, L.dryRunLimited), route.count(0, L.limited)], [1, 3, 0]);
  assert.equal(route.standing.nearest, 1);
  assert.equal(route.standing.retrySeconds, 1);
});
