/** `edgebalancer config`: the configuration in force, what a file would change, applying one, and going back. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ChangeAnswer, ConfigAnswer, RevisionEntry, RevisionsAnswer } from '#contract/control.ts';
import { withAdmin, type AdminClient } from './admin-client.ts';
import type { AdminOptions } from './admin-place.ts';
import { makeChange, propose, TEXT_ONLY, type Change, type ChangeOptions } from './change.ts';
import { CommandError, ending } from './command-error.ts';
import { harmless, harmlessLines } from './harmless.ts';
import type { Io } from './io.ts';
import { table } from './table.ts';

const YAML = 'application/yaml';

export interface ShowOptions extends AdminOptions {
  readonly json?: boolean;
  /** A revision that is kept, in place of the one in force. */
  readonly revision?: number;
}

export function showConfig(options: ShowOptions, io: Io): Promise<number> {
  return ending(io, () =>
    withAdmin(options, io, async (client) => {
      const path = options.revision === undefined ? 'admin/config' : `admin/config/revisions/${options.revision}`;
      if (options.json === true) io.stdout(`${JSON.stringify(await client.get<ConfigAnswer>(path), null, 2)}\n`);
      else {
        const { text } = await client.ask('GET', path, { accept: YAML });
        // In a file or a pipe it stays what it is; only a terminal must be spared what somebody wrote into a comment.
        if (io.columns === undefined) io.stdout(text);
        else io.stdout(`${harmlessLines(text).trimEnd()}\n`);
      }
      return 0;
    }),
  );
}

/** Exit code 0 whether there is a difference or not, 1 when the file could not be in force. */
export function diffConfig(file: string, options: AdminOptions & { readonly json?: boolean }, io: Io): Promise<number> {
  return ending(io, () =>
    withAdmin(options, io, async (client) => {
      const { answer } = await propose(client, await replacement(file, io));
      io.stdout(options.json === true ? `${JSON.stringify(answer, null, 2)}\n` : differenceText(answer, file));
      return 0;
    }),
  );
}

function differenceText({ changed, diff, warnings, revision }: ChangeAnswer, file: string): string {
  const lines = [...diff.map(harmless), ...warnings.map((line) => `warning: ${harmless(line)}`)];
  if (!changed) lines.push(`${file} says what is in force (revision ${revision}).`);
  else if (diff.length === 0) lines.push(TEXT_ONLY);
  return `${lines.join('\n')}\n`;
}

export function applyConfig(file: string, options: ChangeOptions, io: Io): Promise<number> {
  return changing(options, io, async () => await replacement(file, io));
}

export function rollbackConfig(revision: number | undefined, options: ChangeOptions, io: Io): Promise<number> {
  const body = revision === undefined ? {} : { revision };
  return changing(options, io, () => ({ method: 'POST', path: 'admin/config/rollback', body }));
}

export function saveConfig(options: ChangeOptions, io: Io): Promise<number> {
  return changing(options, io, () => ({ method: 'POST', path: 'admin/config/save' }));
}

function changing(options: ChangeOptions, io: Io, change: () => Change | Promise<Change>): Promise<number> {
  return ending(io, () =>
    withAdmin(options, io, async (client: AdminClient) => await makeChange(client, await change(), options, io)),
  );
}

/** The file goes as it is, so that comments and references stay; the server reads it by its own environment. */
async function replacement(file: string, io: Io): Promise<Change> {
  let text: string;
  try {
    text = await readFile(resolve(io.cwd, file), 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === undefined ? undefined : UNREADABLE[code];
    throw new CommandError(`${file}: ${why ?? message}`);
  }
  if (text.trim() === '') throw new CommandError(`${file} is empty.`);
  return { method: 'PUT', path: 'admin/config', body: text, type: YAML };
}

const UNREADABLE: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'is a directory; name the file in it',
  EACCES: 'this user may not read it',
};

export function listRevisions(options: AdminOptions & { readonly json?: boolean }, io: Io): Promise<number> {
  return ending(io, () =>
    withAdmin(options, io, async (client) => {
      const answer = await client.get<RevisionsAnswer>('admin/config/revisions');
      io.stdout(options.json === true ? `${JSON.stringify(answer, null, 2)}\n` : revisionTable(answer.revisions));
      return 0;
    }),
  );
}

function revisionTable(revisions: readonly RevisionEntry[]): string {
  const rows = revisions.map(({ revision, at, by, source, summary, inForce }) => [
    `${revision}${inForce ? ' *' : '  '}`,
    timeText(at),
    harmless(source),
    harmless(by.name),
    harmless(by.from),
    harmless(summary),
  ]);
  return `${table(['REVISION  ', 'AT', 'SOURCE', 'BY', 'FROM', 'WHAT'], rows, [0])}* is in force\n`;
}

/** `2026-01-31 12:00:00Z`: to the second, in UTC like the log. */
export function timeText(iso: string): string {
  return harmless(iso)
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z');
}
