/** `edgebalancer check [FILE]`: every problem of a configuration, by place; exit code 1 when there is an error. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { loadConfig } from '#control/config/load.ts';
import { formatProblem } from '#control/config/problem.ts';
import type { Config } from '#control/config/schema.ts';
import { tlsFindings } from '#control/tls/tls-findings.ts';
import type { Io } from './io.ts';

/** Problems and the verdict go to standard output, as they are what was asked for. */
export async function check(file: string, io: Io): Promise<number> {
  const text = await read(file, io);
  if (text === null) return 1;
  const { config, problems, notes } = loadConfig(text, file, io.env, tlsFindings);
  for (const problem of problems) io.stdout(`${formatProblem(problem)}\n`);
  for (const note of notes) io.stdout(`${file}: note: ${note}\n`);
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const warnings = problems.length - errors;
  const found = [...counted(errors, 'error'), ...counted(warnings, 'warning')].join(', ');
  if (config === null) {
    io.stdout(`${file}: not valid: ${found}\n`);
    return 1;
  }
  io.stdout(`${file}: valid: ${contents(config)}${found === '' ? '' : ` (${found})`}\n`);
  return 0;
}

async function read(file: string, io: Io): Promise<string | null> {
  try {
    return await readFile(resolve(io.cwd, file), 'utf8');
  } catch (error) {
    io.stderr(`${file}: ${whyUnreadable(error as NodeJS.ErrnoException)}\n`);
    return null;
  }
}

function whyUnreadable({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'ENOENT') return 'there is no such file; name the one to check: `edgebalancer check FILE`';
  if (code === 'EACCES') return 'this user may not read it';
  if (code === 'EISDIR') return 'is a directory; name the file in it';
  return `cannot be read: ${message}`;
}

function contents({ listeners, routes, pools }: Config): string {
  const backends = Object.values(pools).reduce((sum, pool) => sum + pool.backends.length, 0);
  return [
    counted(listeners.length, 'listener'),
    counted(routes.length, 'route'),
    counted(Object.keys(pools).length, 'pool'),
    counted(backends, 'backend'),
  ]
    .flat()
    .join(', ');
}

/** `2 errors`; nothing for none. */
function counted(count: number, what: string): string[] {
  return count === 0 ? [] : [`${count} ${what}${count === 1 ? '' : 's'}`];
}
