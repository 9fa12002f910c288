/** How what runs differs from what the operator's file says, in words. */
import type { DriftEntry } from '#contract/control.ts';
import type { Revision } from './revision.ts';

export interface DriftFacts {
  readonly file: string | null;
  readonly refusedWhy: string | null;
  /** In force. */
  readonly revision: Revision;
  /** Whether it says something else than the file, as that was last accepted. */
  readonly differs: boolean;
  /** Null also when it is not kept any more. */
  readonly setAside: number | null;
  readonly diff: readonly string[];
}

export function driftOf({ file, refusedWhy, revision, differs, setAside, diff }: DriftFacts): DriftEntry {
  const name = file ?? 'the configuration given at the start';
  const says = [differs ? live(revision, name, file !== null) : `What runs is what ${name} says.`];
  if (setAside !== null) {
    says.push(
      `It was changed after revision ${setAside} had been made live, so that is set aside; a rollback to ${setAside} brings it back.`,
    );
  }
  if (refusedWhy !== null) says.push(`What ${name} says now was refused: ${refusedWhy}`);
  return { file, wins: differs ? 'live' : 'file', diff: [...diff], setAside, says: says.join(' ') };
}

function live({ revision, by, at }: Revision, name: string, canSave: boolean): string {
  const how = canSave ? ' Saving writes it into the file; a change of the file replaces it.' : '';
  return `Revision ${revision}, made live by ${by.name} at ${at}, runs instead of what ${name} says.${how}`;
}
