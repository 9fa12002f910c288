/** One thread of a race: says that it is ready, waits for the others, runs its drill. */
import { parentPort, workerData } from 'node:worker_threads';
import { layTwinOver } from '../scenarios/tables-twin.ts';
import { DRILLS, SIZES } from './drills.ts';
import type { ThreadStart } from './races.ts';

const { drill, tables, spare, worker, seed } = workerData as ThreadStart;
const cells = new Int32Array(spare);
const thread = { tables: layTwinOver(tables, SIZES), spare: cells.subarray(2), worker, seed };
Atomics.add(cells, 0, 1);
Atomics.wait(cells, 1, 0);
parentPort?.postMessage(DRILLS[drill](thread));
