/** How commands end: 0 done, 1 failed, 2 not as it can be used. */
import type { Io } from './io.ts';

/** Something that a person can put right; the message says how, in lines. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly exitCode: 1 | 2;

  constructor(message: string, exitCode: 1 | 2 = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** The exit code of `run`. An operator's mistake is sentences; anything else is a fault of this program, and shows where. */
export async function ending(io: Io, run: () => Promise<number>): Promise<number> {
  try {
    return await run();
  } catch (error) {
    const known = error instanceof CommandError || (error instanceof Error && 'syscall' in error);
    const told = error instanceof Error && !known ? (error.stack ?? error.message) : String((error as Error).message);
    io.stderr(`${told}\n`);
    return error instanceof CommandError ? error.exitCode : 1;
  }
}
