/** The configuration file as a source of drafts. */
import { readFile } from 'node:fs/promises';
import type { Draft, Reading } from './draft.ts';

export interface FileReading extends Reading {
  readonly logLevel: string;
}

/** Reads and checks the file. The checker is loaded on first use: it is large, and nothing else needs it. */
export async function readDraft(file: string, env: Readonly<Record<string, string | undefined>>): Promise<FileReading> {
  const checking = import('#control/config/load.ts');
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    return unreadable(`${file}: ${whyUnreadable(error as NodeJS.ErrnoException)}`);
  }
  const { loadConfig } = await checking;
  const { compile } = await import('#control/config/compile.ts');
  const { formatProblem } = await import('#control/config/problem.ts');
  const { config, problems, notes } = loadConfig(text, file, env);
  const lines = problems.map(formatProblem);
  if (config === null) return { draft: null, problems: lines, notes, logLevel: 'info' };
  const draft: Draft = { admin: config.admin.address, compile: (context) => compile(config, context) };
  return { draft, problems: lines, notes, logLevel: config.log.level };
}

function unreadable(problem: string): FileReading {
  return { draft: null, problems: [problem], notes: [], logLevel: 'info' };
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
