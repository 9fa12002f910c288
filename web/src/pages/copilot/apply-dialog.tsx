/** Asks before a recommended change is made: the difference, the prediction, and that it can be taken back. */
import type { ComponentChildren } from 'preact';
import type { PredictedEffect, ProposedChange } from '#contract/copilot.ts';
import { useState } from 'preact/hooks';
import { CheckField } from '../../components/field.tsx';
import { ConfirmDialog } from '../../components/confirm-dialog.tsx';
import { useVersionedChange } from '../../data/versioned-change.ts';
import { Predicted } from './predicted.tsx';
import { makeProposal } from './proposal.ts';

/** Long enough for figures of half a minute to tell. */
const WATCH_S = 120;

export interface ApplyDialogProps {
  /** What it does and why. */
  readonly says: ComponentChildren;
  readonly predicted: PredictedEffect | null;
  readonly change: ProposedChange;
  readonly onClose: () => void;
}

export function ApplyDialog({ says, change, predicted, onClose }: ApplyDialogProps) {
  const [watched, setWatched] = useState(true);
  const versioned = useVersionedChange([
    {
      name: 'the recommendation',
      run: (options) => makeProposal(change, { ...options, ...(watched && { watch: WATCH_S }) }),
    },
  ]);
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title="Apply the recommendation"
      predict={versioned.predict}
      effectKey={`${JSON.stringify(change)} ${versioned.turn}`}
      effect={
        <>
          {predicted !== null && <Predicted effect={predicted} />}
          <CheckField
            label={`Undo it by itself should p99 or errors get worse within ${WATCH_S / 60} minutes`}
            checked={watched}
            onChange={setWatched}
          />
          <p class="soft">It is a revision with your name. It can be taken back on the page Configuration.</p>
        </>
      }
      action="Apply"
      onConfirm={versioned.confirm}
      done="The recommendation is in force"
    >
      <p>{says}</p>
    </ConfirmDialog>
  );
}
