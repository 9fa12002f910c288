/** The configuration file as a source of drafts. */
import { readFile } from 'node:fs/promises';
import type { Reading } from './draft.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads and checks a file. */
export async function readDraft(file: string, env: Environment): Promise<Reading> {
  try {
    return await draftOf(await readFile(file, 'utf8'), file, env);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return { draft: null, problems: [`${file}: ${whyUnreadable(error)}`], notes: [] };
  }
}

/** Checks the text of a configuration. The checker is loaded on first use: it is large, and nothing else needs it. */
export async function draftOf(text: string, file: string, env: Environment): Promise<Reading> {
  const [{ loadConfig }, { formatProblem }] = await Promise.all([
    import('#control/config/load.ts'),
    import('#control/config/problem.ts'),
  ]);
  const { config, problems, notes } = loadConfig(text, file, env);
  return { draft: config === null ? null : { text, config }, problems: problems.map(formatProblem), notes };
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error;
}

function whyUnreadable(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ENOENT':
      return 'there is no such file; name another, or write one (the least that works is `pools: { app: { backends: ["http://127.0.0.1:3000"] } }`)';
    case 'EACCES':
      return 'this user may not read it';
    case 'EISDIR':
      return 'it is a directory; name the file in it';
    default:
      return `it cannot be read: ${error.message}`;
  }
}
