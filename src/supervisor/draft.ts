/** A configuration that has been read and found valid. */
import type { Config } from '#control/config/schema.ts';

export interface Draft {
  /** As it was written. */
  readonly text: string;
  readonly config: Config;
}

/** Either a draft, or problems; each problem is a line for the operator. */
export interface Reading {
  readonly draft: Draft | null;
  readonly problems: readonly string[];
  readonly notes: readonly string[];
}

/** Reads the configuration anew. Does not throw for anything an operator may get wrong. */
export type ReadDraft = () => Promise<Reading>;

/** `given`, or what is read now. */
export async function readingOf(given: Draft | undefined, read: ReadDraft | undefined): Promise<Reading> {
  if (given !== undefined) return { draft: given, problems: [], notes: [] };
  if (read === undefined) return { draft: null, problems: ['There is no file to read again.'], notes: [] };
  return await read();
}
