/**
 * Makes sure that what is confirmed is what was looked at. The prediction says which configuration it was made for; the change
 * is sent for that one only (`If-Match`). When somebody else was first, the prediction is asked anew, and the next try is for
 * what is in force then.
 */
import { useRef, useState } from 'preact/hooks';
import type { ChangeAnswer } from '#contract/control.ts';
import type { ChangeOptions } from '../../data/changes.ts';
import { asFault, Fault } from '../../data/fault.ts';
import { backends } from '../../data/resources.ts';

/** Each makes a revision, and the server keeps a hundred of them: so many at once leave room to go back further. */
export const AT_ONCE_MAX = 50;

export interface Step {
  /** `app/slow`, for saying where it stopped. */
  readonly name: string;
  readonly run: (options: ChangeOptions) => Promise<ChangeAnswer>;
}

export interface VersionedChange {
  /** For `predict` and `effectKey` of a ConfirmDialog. */
  readonly predict: () => Promise<ChangeAnswer>;
  readonly turn: number;
  readonly confirm: () => Promise<void>;
}

/** `steps` are made one after another, each for what the one before has left. */
export function useVersionedChange(steps: readonly Step[]): VersionedChange {
  const etag = useRef<string | undefined>(undefined);
  const [turn, setTurn] = useState(0);
  const onEtag = (next: string): void => void (etag.current = next);
  const options = (): ChangeOptions => ({ onEtag, ...(etag.current !== undefined && { ifMatch: etag.current }) });

  const predict = async (): Promise<ChangeAnswer> => {
    etag.current = undefined;
    let whole: ChangeAnswer | null = null;
    for (const { run } of steps) whole = joined(whole, await run({ dryRun: true, ...options() }));
    if (whole === null) throw new Fault('refused', 0, 'Nothing to change', 'Choose at least one backend.');
    return whole;
  };
  const confirm = async (): Promise<void> => {
    let made = 0;
    try {
      for (const { run } of steps) {
        await run(options());
        made += 1;
      }
    } catch (thrown) {
      const fault = asFault(thrown);
      if (fault.kind === 'outdated' || made > 0) setTurn(turn + 1);
      throw made === 0 ? fault : partly(fault, made, steps);
    } finally {
      // What it did is to be seen at once, and not at the next second.
      void backends.refresh();
    }
  };
  return { predict, turn, confirm };
}

function joined(before: ChangeAnswer | null, next: ChangeAnswer): ChangeAnswer {
  if (before === null) return next;
  return {
    ...next,
    changed: before.changed || next.changed,
    diff: [...new Set([...before.diff, ...next.diff])],
    warnings: [...new Set([...before.warnings, ...next.warnings])],
  };
}

function partly({ kind, status, title, message, errors }: Fault, made: number, steps: readonly Step[]): Fault {
  const at = steps[made]?.name ?? '';
  return new Fault(kind, status, title, `${made} of ${steps.length} are done; ${at} is not: ${message}`, errors);
}
