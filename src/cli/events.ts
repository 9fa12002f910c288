/** `edgebalancer events`: what happens, a line each, until it is interrupted. */
import { adminPlace, type AdminOptions } from './admin-place.ts';
import { ending } from './command-error.ts';
import { eventJson, eventLine } from './event-line.ts';
import { follow } from './event-source.ts';
import { harmless } from './harmless.ts';
import type { Io } from './io.ts';
import { interrupted } from './watching.ts';

export interface EventsOptions extends AdminOptions {
  readonly json?: boolean;
  /** Between commas; absent: all. */
  readonly types?: string;
}

/** `signal` ends it; without one, a signal to the process does. */
export function events(options: EventsOptions, io: Io, signal?: AbortSignal): Promise<number> {
  return ending(io, async () => {
    const show = options.json === true ? eventJson : eventLine;
    await follow({
      place: adminPlace(options, io),
      types: options.types,
      signal: signal ?? interrupted(),
      onEvent: (event) => io.stdout(show(event)),
      onLost: (why) => io.stderr(`${harmless(why)}; it is taken up again\n`),
    });
    return 0;
  });
}
