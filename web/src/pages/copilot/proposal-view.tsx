/** A change that somebody proposes: as lines, and for an operator a way to look at what it would do and to make it. */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { PredictedEffect, ProposedChange } from '#contract/copilot.ts';
import { Button } from '../../components/button.tsx';
import { isOperator } from '../../data/session.ts';
import { ApplyDialog } from './apply-dialog.tsx';
import { proposalLines } from './proposal.ts';

export interface ProposalProps {
  /** What it does and why. */
  readonly says: ComponentChildren;
  readonly change: ProposedChange;
  readonly predicted?: PredictedEffect | null;
}

export function Proposal({ says, change, predicted = null }: ProposalProps) {
  const [asking, setAsking] = useState(false);
  return (
    <div class="finding-advice">
      <p>
        <strong>Do:</strong> {says}
      </p>
      <div class="finding-change">
        <pre tabIndex={0} aria-label="The change">
          {proposalLines(change).join('\n')}
        </pre>
        {isOperator.value ? (
          <Button size="small" onClick={() => setAsking(true)}>
            Review and apply
          </Button>
        ) : (
          <span class="soft">An operator can apply it.</span>
        )}
        {asking && <ApplyDialog says={says} change={change} predicted={predicted} onClose={() => setAsking(false)} />}
      </div>
    </div>
  );
}
