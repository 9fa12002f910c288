/** Tables with something counted in them, and a plan that names it. */
import { HealthState } from '#core/health-state.ts';
import { layTables, tablesBytes } from '#memory/tables.ts';
import type { CounterRow } from '#memory/counters.ts';
import type { Observed } from '#observe/observed.ts';
import { Recorder } from '#observe/recorder.ts';
import { planOf } from './plans.ts';

/** Two workers; backends a and b in slots 0 and 1; route `all` in row 1. */
export function observedTwo(): { observed: Observed; recorders: readonly Recorder[] } {
  const capacity = { workers: 3, slots: 8, routes: 4, pools: 2, limits: 2, bucketSets: 2 };
  const tables = layTables(new ArrayBuffer(tablesBytes(capacity)), capacity);
  const backends = [
    { id: 'a', url: 'http://127.0.0.1:9001' },
    { id: 'b', url: 'http://127.0.0.1:9002', weight: 2 },
  ];
  const assignSlot = (_: string, id: string): number => ['a', 'b'].indexOf(id);
  const context = {
    revision: 7,
    assignSlot,
    assignRouteRow: () => 1,
    assignPoolRow: () => 0,
    assignLimitRow: () => 0,
    memoryBytes: 1024 ** 3,
    controlSocket: '',
    cpus: 1,
  };
  const plan = planOf({ pools: [{ backends, health: {} }] }, context);
  tables.slots.weight.set([1, 2]);
  tables.slots.health.set([HealthState.healthy, HealthState.unhealthy]);
  const last = { at: '2026-01-01T00:00:00.000Z', ok: true, ms: 2, detail: 'status 200' };
  const probes = (slot: number) => (slot === 0 ? { last, successes: 5, failures: 1 } : null);
  const observed: Observed = {
    plan,
    tables,
    workerRows: 2,
    probes,
    addresses: () => [],
    circuitChange: () => null,
    certificates: [],
    discovery: () => null,
  };
  return { observed, recorders: [0, 1].map((worker) => new Recorder(tables.counters.rows[worker] as CounterRow)) };
}
