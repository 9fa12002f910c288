/**
 * A change takes milliseconds of the supervisor's thread, for a large configuration tens of them. Workers that share a core
 * with it get their turn when it sleeps; until then they wait for the kernel to take the core away, which it does after a
 * slice of a few milliseconds and not before, however urgent a request is. So a change is made in pieces, and between two of
 * them the thread sleeps for the shortest time that there is. Going on by `setImmediate` would not do: the thread would not
 * sleep.
 */
import { setTimeout as delay } from 'node:timers/promises';

/** The shortest sleep of a timer. A change has two or three pauses, and 50 ms in all (bench/live-changes.ts). */
const PAUSE_MS = 1;

/** Lets the machine's other threads have their turn. */
export async function breathe(): Promise<void> {
  await delay(PAUSE_MS);
}
