/**
 * V8 throws away the bytecode of functions that have not run for a few garbage collections, and compiles them anew when they
 * do. What runs only when somebody changes something is hit each time: a change after half a minute without any took up to
 * 50 ms, of which workers on the same core wait for a part, instead of 15. The code in question is a few megabytes.
 */
import { setFlagsFromString } from 'node:v8';

/** From now on, for the threads of this process. */
export function keepCode(): void {
  setFlagsFromString('--no-flush-bytecode');
}
