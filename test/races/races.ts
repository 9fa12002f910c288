/** Starts a drill in several threads at one moment over the same memory, and waits for them all. */
import { Worker } from 'node:worker_threads';
import { AdminState, HealthState } from '#core/health-state.ts';
import { layTwinOver, twinBytes, type TablesTwin } from '../scenarios/tables-twin.ts';
import { SIZES, SLOTS, SPARE_CELLS, WORKERS, type Counted, type DrillName } from './drills.ts';

export interface ThreadStart {
  readonly drill: DrillName;
  readonly tables: SharedArrayBuffer;
  /** [0] counts threads that are ready, [1] lets them go; the rest is the drill's. */
  readonly spare: SharedArrayBuffer;
  readonly worker: number;
  readonly seed: number;
}

export interface Raced {
  readonly tables: TablesTwin;
  readonly spare: Int32Array;
  /** Of each thread. */
  readonly counted: readonly Counted[];
  /** All of them together. */
  readonly sum: (name: string) => number;
}

const GATE_CELLS = 2;

/** `meanwhile` is called again and again while threads run. */
export async function race(
  drill: DrillName,
  seed: number,
  meanwhile: (tables: TablesTwin) => void = () => {},
): Promise<Raced> {
  const buffer = new SharedArrayBuffer(twinBytes(SIZES));
  const spareBuffer = new SharedArrayBuffer(4 * (GATE_CELLS + SPARE_CELLS));
  const tables = layTwinOver(buffer, SIZES);
  const gate = new Int32Array(spareBuffer, 0, GATE_CELLS);
  for (let slot = 0; slot < SLOTS; slot++) {
    tables.slots.weight[slot] = 1;
    tables.slots.health[slot] = HealthState.healthy;
    tables.slots.admin[slot] = AdminState.active;
  }
  let left = WORKERS;
  const threads = Array.from({ length: WORKERS }, (_, worker) => {
    const start: ThreadStart = { drill, tables: buffer, spare: spareBuffer, worker, seed: seed + worker };
    return new Promise<Counted>((resolve, reject) => {
      const thread = new Worker(new URL('./thread.ts', import.meta.url), { workerData: start });
      thread.once('message', (counted: Counted) => {
        left -= 1;
        resolve(counted);
      });
      thread.once('error', reject);
    });
  });
  while (Atomics.load(gate, 0) < WORKERS) await new Promise((resolve) => setImmediate(resolve));
  Atomics.store(gate, 1, 1);
  Atomics.notify(gate, 1);
  while (left > 0) {
    meanwhile(tables);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const counted = await Promise.all(threads);
  meanwhile(tables);
  return {
    tables,
    spare: new Int32Array(spareBuffer, 4 * GATE_CELLS),
    counted,
    sum: (name) => counted.reduce((total, one) => total + (one[name] ?? 0), 0),
  };
}
