/**
 * Makes the OpenAPI document in a thread of its own, and ends: it takes half a second of a core, in which the supervisor would
 * probe nothing, publish nothing and answer nobody.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { CALLS } from './calls.ts';
import { describeCalls } from './openapi.ts';

parentPort?.postMessage(await describeCalls(CALLS, workerData as string));
