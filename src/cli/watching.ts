/** Showing something again and again: in place on a terminal, one after another elsewhere. */
import { setTimeout as wait } from 'node:timers/promises';
import { CommandError } from './command-error.ts';
import type { Io } from './io.ts';

const HOME_AND_CLEAR = '\u001b[H\u001b[J';

export interface Glance {
  readonly text: string;
  /** Never in place. */
  readonly plain: boolean;
}

/** Until `signal`, else until the process ends by a signal. A glance that fails is told, and the next one tried. */
export async function watching(
  io: Io,
  everyS: number,
  look: () => Promise<Glance>,
  signal?: AbortSignal,
): Promise<number> {
  const until = signal ?? interrupted();
  for (let first = true; !until.aborted; first = false) {
    try {
      const { text, plain } = await look();
      const inPlace = io.columns !== undefined && !plain;
      io.stdout(inPlace ? `${HOME_AND_CLEAR}${text}` : first || plain ? text : `\n${text}`);
    } catch (error) {
      // What cannot be had at first may be a slip of whoever asks; what fails later may come back.
      if (first || !(error instanceof CommandError)) throw error;
      io.stderr(`${error.message}\n`);
    }
    await wait(everyS * 1000, undefined, { signal: until }).catch(() => {});
  }
  return 0;
}

/** By a signal, or since nobody reads any more (`| head`): it would go on for ever. */
export function interrupted(): AbortSignal {
  const controller = new AbortController();
  const end = (): void => controller.abort();
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
  process.stdout.once('error', end);
  return controller.signal;
}
