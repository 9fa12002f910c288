/** Asks before a recommended change is made: the difference, the prediction, and that it can be taken back. */
import type { Finding, ProposedChange } from '#contract/copilot.ts';
import { ConfirmDialog } from '../../components/confirm-dialog.tsx';
import { useVersionedChange } from '../../data/versioned-change.ts';
import { Predicted } from './predicted.tsx';
import { makeProposal } from './proposal.ts';
import { ToldText } from './told-text.tsx';

export interface ApplyDialogProps {
  readonly finding: Finding;
  readonly change: ProposedChange;
  readonly onClose: () => void;
}

export function ApplyDialog({ finding, change, onClose }: ApplyDialogProps) {
  const versioned = useVersionedChange([{ name: finding.id, run: (options) => makeProposal(change, options) }]);
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title="Apply the recommendation"
      predict={versioned.predict}
      effectKey={`${finding.id} ${versioned.turn}`}
      effect={
        <>
          {finding.predicted !== null && <Predicted effect={finding.predicted} />}
          <p class="soft">It is a revision with your name. It can be taken back on the page Configuration.</p>
        </>
      }
      action="Apply"
      onConfirm={versioned.confirm}
      done="The recommendation is in force"
    >
      {finding.recommendation !== null && (
        <p>
          <ToldText told={finding.recommendation.says} />
        </p>
      )}
    </ConfirmDialog>
  );
}
