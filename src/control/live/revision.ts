/** One state of the configuration, and who made it so. */
import { createHash } from 'node:crypto';
import type { RevisionEntry, RevisionSource } from '#contract/control.ts';

/** What the admin API shows of it, and what only the product needs. */
export interface Revision extends Omit<RevisionEntry, 'inForce'> {
  /** Hash of the operator's file as it was when this was said; null: there is no file. */
  readonly standsOn: string | null;
  /** A revision made live that this one, which came from the file, has pushed aside; null: none. */
  readonly setAside: number | null;
  /** Of its text. */
  readonly hash: string;
}

/** More lines say nothing to anybody, and would be kept a hundred times. */
const DIFF_LINES_MAX = 200;

export function hashOf(text: string | Uint8Array): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

export function boundedDiff(diff: readonly string[]): readonly string[] {
  if (diff.length <= DIFF_LINES_MAX) return diff;
  return [...diff.slice(0, DIFF_LINES_MAX), `and ${diff.length - DIFF_LINES_MAX} more`];
}

const SOURCES: readonly string[] = ['file', 'api', 'rollback', 'shared'] satisfies RevisionSource[];

/** What a file of the store holds; null when it is not one, or not whole. */
export function readRevision(json: string): { readonly revision: Revision; readonly text: string } | null {
  let read: unknown;
  try {
    read = JSON.parse(json);
  } catch {
    return null;
  }
  if (!isMapping(read) || typeof read.text !== 'string') return null;
  const { text, ...rest } = read;
  return isRevision(rest) && rest.hash === hashOf(text as string) ? { revision: rest, text: text as string } : null;
}

export function writeRevision(revision: Revision, text: string): string {
  return `${JSON.stringify({ ...revision, text }, null, 1)}\n`;
}

function isRevision(read: Record<string, unknown>): read is Record<string, unknown> & Revision {
  const { revision, at, by, source, summary, diff, standsOn, setAside, hash } = read;
  return (
    Number.isSafeInteger(revision) &&
    (revision as number) > 0 &&
    [at, summary, hash].every((value) => typeof value === 'string') &&
    isMapping(by) &&
    typeof by.name === 'string' &&
    typeof by.from === 'string' &&
    SOURCES.includes(source as string) &&
    Array.isArray(diff) &&
    diff.every((line) => typeof line === 'string') &&
    (standsOn === null || typeof standsOn === 'string') &&
    (setAside === null || Number.isSafeInteger(setAside))
  );
}

const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
