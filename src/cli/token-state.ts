/** Tokens in a state directory, without the process that uses it. What is made here is in no audit: the file is all there is. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { TokenCreatedAnswer, TokenEntry } from '#contract/control.ts';
import { newToken } from '#control/admin/token-calls.ts';
import { describeIssue } from '#control/config/messages.ts';
import { TokenFile, TokenFileError } from '#control/auth/token-file.ts';
import { Tokens } from '#control/auth/tokens.ts';
import { systemTimers } from '#supervisor/system-timers.ts';
import { CommandError } from './command-error.ts';
import type { Io } from './io.ts';

const QUIET = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
/** One and the same, as `Tokens` wants it. */
const NO_SETTINGS = { tokens: [], publicRead: false, publicMetrics: false };

/** `asked` as the admin API takes it. */
export async function create(state: string, asked: object, io: Io): Promise<TokenCreatedAnswer> {
  const reading = newToken.safeParse(asked, { error: describeIssue, reportInput: true });
  if (!reading.success) {
    const issues = reading.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw new CommandError(issues.join('\n'));
  }
  const { name, role, expiresIn } = reading.data;
  const expiresMs = expiresIn === undefined ? null : Date.now() + expiresIn;
  const created = await tokensOf(state, io).create(name, role, expiresMs);
  if (created.kind === 'refused') throw new CommandError(created.why);
  return { ...created.entry, token: created.token };
}

export function list(state: string, io: Io): Promise<TokenEntry[]> {
  return Promise.resolve(tokensOf(state, io).list());
}

export async function revoke(state: string, name: string, io: Io): Promise<void> {
  const revoked = await tokensOf(state, io).revoke(name);
  if (revoked.kind === 'refused') throw new CommandError(revoked.why);
}

function tokensOf(state: string, io: Io): Tokens {
  const directory = resolve(io.cwd, state);
  const stat = statSync(directory, { throwIfNoEntry: false });
  if (stat === undefined || !stat.isDirectory())
    throw new CommandError(`${state} is no directory. Name the one that \`state.dir\` of the configuration names.`);
  // A file of another user would be refused by the process that is to read it.
  if (process.getuid !== undefined && stat.uid !== process.getuid())
    throw new CommandError(
      `${state} belongs to the user with number ${stat.uid}: run this as that user, whose files edgebalancer reads.`,
    );
  try {
    return new Tokens({
      settings: () => NO_SETTINGS,
      file: new TokenFile(directory),
      environment: null,
      timers: systemTimers,
      log: QUIET,
    });
  } catch (error) {
    throw error instanceof TokenFileError ? new CommandError(error.message) : error;
  }
}
