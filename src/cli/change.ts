/**
 * A change through the admin API, as people make one: what it would change is asked for and shown first, then a yes, then the
 * change with the ETag of what was shown, so that nothing else is changed than that.
 */
import type { ChangeAnswer } from '#contract/control.ts';
import type { AdminClient, Method } from './admin-client.ts';
import type { ReadOptions } from './admin-place.ts';
import { CommandError } from './command-error.ts';
import { harmless } from './harmless.ts';
import type { Io } from './io.ts';

export interface ChangeOptions extends ReadOptions {
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
  /** Seconds for which it is undone by itself, should p99 or errors get worse. */
  readonly watch?: number;
}

export interface Change {
  readonly method: Method;
  readonly path: string;
  readonly body?: unknown;
  /** Of a body that is text. */
  readonly type?: string;
}

/** A difference that is none in what is obeyed. */
export const TEXT_ONLY = 'Only the text differs: comments, spaces, order, or how a value is written.';

export interface Proposal {
  readonly change: Change;
  readonly answer: ChangeAnswer;
  /** Of the configuration that it was made for. */
  readonly etag: string | undefined;
}

/** What the change would do; nothing is changed. */
export async function propose(client: AdminClient, change: Change): Promise<Proposal> {
  const { method, path, ...rest } = change;
  const { data, etag } = await client.json<ChangeAnswer>(method, path, { ...rest, query: { dryRun: true } });
  // Whoever says it was done when it was to be tried is not to be asked again.
  if (data.dryRun !== true)
    throw new CommandError('The admin API has not understood `dryRun`, and may have made the change.');
  return { change, answer: data, etag };
}

/** Does what was proposed, unless something else was changed meanwhile. */
export async function carryOut(client: AdminClient, { change, etag }: Proposal, watch?: number): Promise<ChangeAnswer> {
  const { method, path, ...rest } = change;
  return (await client.json<ChangeAnswer>(method, path, { ...rest, query: { watch }, ifMatch: etag })).data;
}

/** Proposes, shows, asks and does. Resolves with the exit code. */
export async function makeChange(client: AdminClient, change: Change, options: ChangeOptions, io: Io): Promise<number> {
  // Of the command above, which reads.
  if (options.replica !== undefined)
    throw new CommandError('A change is made once, for all replicas: leave --replica out.', 2);
  const proposal = await propose(client, change);
  const { answer } = proposal;
  // Beside JSON on standard output, people read standard error.
  const tell = options.json === true ? io.stderr : io.stdout;
  for (const line of answer.diff) tell(`${harmless(line)}\n`);
  if (answer.changed && answer.diff.length === 0) tell(`${TEXT_ONLY}\n`);
  for (const line of answer.warnings) tell(`warning: ${harmless(line)}\n`);
  const only = !answer.changed || options.dryRun === true;
  if (only) {
    tell(answer.changed ? 'Nothing was changed: this was a dry run.\n' : 'Nothing to change.\n');
    return finish(answer, options, io);
  }
  if (!(await agreed(options, io))) {
    tell('Nothing was changed.\n');
    return 1;
  }
  const done = await carryOut(client, proposal, options.watch);
  tell(`${outcomeText(done)}\n`);
  return finish(done, options, io);
}

/** Asks for a yes, unless it was given. Throws where nobody can be asked. */
export async function agreed(options: Pick<ChangeOptions, 'yes'>, io: Io, question = 'Do it?'): Promise<boolean> {
  if (options.yes === true) return true;
  if (io.ask === undefined)
    throw new CommandError(
      'Nothing was changed: there is no terminal to ask for a yes. --yes says it beforehand; --dry-run only looks.',
      2,
    );
  return /^y(es)?$/i.test((await io.ask(`${question} [y/N] `)).trim());
}

/** One sentence or more on what is in force now. */
export function outcomeText({ revision, obeyed, kept, watchedUntil }: ChangeAnswer): string {
  return [
    `Revision ${revision} is in force.`,
    ...(obeyed ? [] : ['Not every worker obeys it yet.']),
    ...(watchedUntil === undefined ? [] : [`It is watched until ${watchedUntil.slice(11, 19)}.`]),
    ...(kept ? [] : ['It ends with the process: `state.dir` is null, and no replicas share it.']),
  ].join(' ');
}

function finish(answer: ChangeAnswer, { json }: ChangeOptions, io: Io): number {
  if (json === true) io.stdout(`${JSON.stringify(answer, null, 2)}\n`);
  return 0;
}
