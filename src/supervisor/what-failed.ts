import { OperatorError } from './operator-error.ts';

/** A reload that fails through a fault of the program is refused like any other: what runs must go on. */
export function whatFailed(error: unknown): string {
  if (error instanceof OperatorError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
