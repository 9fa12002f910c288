/** A configuration that somebody proposes, and the revision that it becomes. */
import type { ActorEntry, RevisionSource } from '#contract/control.ts';
import type { Timers } from '#core/ports.ts';
import type { Config } from '../config/schema.ts';
import type { Said } from '../shared/shared-config.ts';
import type { InForce } from './in-force.ts';
import { boundedDiff, hashOf, type Revision } from './revision.ts';

export interface Proposal {
  readonly by: ActorEntry;
  readonly source: RevisionSource;
  readonly summary: string;
  readonly dryRun: boolean;
  readonly text: string;
  /** What the file says, where it says it. */
  readonly file: Config | null;
}

interface Place {
  readonly number: number;
  readonly diff: readonly string[];
  /** In force until then. */
  readonly before: Revision;
  /** Of the operator's file as it was last accepted. */
  readonly fileHash: string;
  readonly timers: Timers;
}

export function nextRevision(
  { by, source, summary, text }: Proposal,
  { number, diff, before, fileHash, timers }: Place,
): Revision {
  const hash = hashOf(text);
  const fromFile = source === 'file';
  const aside = before.hash === fileHash ? before.setAside : before.revision;
  return {
    revision: number,
    at: new Date(timers.wallMs()).toISOString(),
    by,
    source,
    summary,
    diff: boundedDiff(diff),
    standsOn: fromFile ? hash : fileHash,
    setAside: fromFile ? aside : null,
    hash,
  };
}

export function saidOf({ text, revision: { by, summary } }: InForce): Said {
  return { text, by, summary };
}
