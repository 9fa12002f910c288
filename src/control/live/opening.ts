/**
 * What a start takes: the operator's file, or what was made live on top of it. The last revision stands as long as the file is
 * the one that it stands on. A file that has changed since was written later, and wins. A revision that would need another
 * start than this one, or is not valid any more (a new version, another environment), is told and left out.
 */
import type { Log } from '#core/ports.ts';
import { loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { problemsIn } from './field-problems.ts';
import type { InForce, LiveOptions } from './in-force.ts';
import { needsRestart } from './restart-only.ts';
import type { RevisionStore } from './revision-store.ts';
import { hashOf, type Revision } from './revision.ts';

export interface Opening {
  readonly now: InForce;
  /** It has yet to be kept. */
  readonly unkept: boolean;
}

export function decide(options: LiveOptions, store: RevisionStore): Opening {
  const { file, text, config, log } = options;
  const hash = hashOf(text);
  const last = store.revisions.at(-1);
  if (last === undefined) return { now: fromFile(options, 1, 'the first start', null), unkept: true };
  if (last.hash === hash) return { now: { revision: last, text, config }, unkept: false };
  const live = last.standsOn === hash ? readLive(options, store, last) : null;
  if (live !== null) {
    log.info({ revision: last.revision, by: last.by.name }, `revision ${last.revision}, made live, is in force`);
    return { now: { revision: last, ...live }, unkept: false };
  }
  const wasLive = last.hash !== last.standsOn;
  if (wasLive) tellSetAside(log, file, last.revision);
  const summary = `${file ?? 'the file'} was ${last.standsOn === hash ? 'taken at' : 'changed before'} this start`;
  const aside = wasLive ? last.revision : last.setAside;
  return { now: fromFile(options, last.revision + 1, summary, aside), unkept: true };
}

export function tellSetAside(log: Log, file: string | null, revision: number): void {
  log.warn(
    { revision, file },
    `the file is in force; revision ${revision}, made live before, is set aside, and a rollback to ${revision} brings it back`,
  );
}

function fromFile(
  { file, text, config, timers }: LiveOptions,
  revision: number,
  summary: string,
  setAside: number | null,
): InForce {
  const hash = hashOf(text);
  const at = new Date(timers.wallMs()).toISOString();
  const by = { name: 'start', from: file ?? '' };
  return {
    revision: { revision, at, by, source: 'file', summary, diff: [], standsOn: hash, setAside, hash },
    text,
    config,
  };
}

/** Null: it cannot be in force; the log says why. */
function readLive(
  { config, environment, log }: LiveOptions,
  store: RevisionStore,
  { revision }: Revision,
): { readonly text: string; readonly config: Config } | null {
  const text = store.text(revision);
  if (text === null) {
    log.error({ revision }, `revision ${revision}, made live, cannot be read`);
    return null;
  }
  const loaded = loadConfig(text, `revision ${revision}`, environment);
  const restart = loaded.config === null ? null : needsRestart(config, loaded.config);
  if (loaded.config !== null && restart === null) return { text, config: loaded.config };
  const why =
    restart ??
    problemsIn(loaded.problems)
      .map(({ path, message }) => `${path}: ${message}`)
      .join('; ');
  log.error({ revision, why }, `revision ${revision}, made live, is not valid any more`);
  return null;
}
