/** The document in force in an editor: checked by the server, compared, put in force. */
import { useEffect, useState } from 'preact/hooks';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { ConfirmDialog } from '../../components/confirm-dialog.tsx';
import { ErrorFace } from '../../components/error-face.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { putConfig } from '../../data/changes.ts';
import { isOperator } from '../../data/session.ts';
import { stateTurns } from '../../data/state-changes.ts';
import { toast } from '../../data/toasts.ts';
import { DiffView } from './diff-view.tsx';
import {
  apply,
  baseText,
  check,
  checkedAnswer,
  discard,
  draftFault,
  draftProblems,
  draftText,
  isBusy,
  isEdited,
  loadDraft,
  rebase,
} from './draft.ts';
import { Editor } from './editor.tsx';
import { LinesList } from './lines-list.tsx';

export function DocumentTab() {
  const [asking, setAsking] = useState(false);
  const turns = stateTurns.value;
  const operator = isOperator.value;
  // What is in force may have moved; a draft stays as it is.
  useEffect(() => {
    if (!isEdited.peek()) void loadDraft();
  }, [turns, operator]);
  const base = baseText.value;
  const fault = draftFault.value;
  if (base === null)
    return fault === null ? <Skeleton lines={12} /> : <ErrorFace fault={fault} onRetry={() => void loadDraft()} />;
  const edited = isEdited.value;
  return (
    <div class="configuration-document">
      <Card
        title={operator ? 'Document' : 'Document (read only)'}
        flush
        actions={
          operator ? (
            <>
              <Button size="small" disabled={!edited} onClick={() => void discard()}>
                Discard the draft
              </Button>
              <Button size="small" busy={isBusy.value} onClick={() => void check()}>
                Check
              </Button>
              <Button size="small" kind="primary" disabled={!edited} onClick={() => setAsking(true)}>
                Apply…
              </Button>
            </>
          ) : (
            <span class="soft">Sign in as an operator to change it</span>
          )
        }
      >
        <Editor readOnly={!operator} problems={draftProblems.value} />
        <p class="configuration-keys soft">
          <kbd>Ctrl</kbd> <kbd>Space</kbd> completes, <kbd>Ctrl</kbd> <kbd>S</kbd> checks, <kbd>Esc</kbd> then{' '}
          <kbd>Tab</kbd> leaves the editor. Secrets read <code>***</code> and stay what they are.
        </p>
      </Card>
      <div class="configuration-side" aria-live="polite">
        {fault !== null && <Refusal />}
        {checkedAnswer.value !== null && <Checked />}
        {edited && (
          <Card title="Draft against what is in force">
            <DiffView label="Lines of the draft that differ" before={base} after={draftText.value} />
          </Card>
        )}
      </div>
      <ConfirmDialog
        open={asking}
        onClose={() => setAsking(false)}
        title="Put this configuration in force?"
        predict={() => putConfig(draftText.peek(), { dryRun: true })}
        effectKey={asking ? draftText.value : ''}
        action="Apply"
        onConfirm={async () => {
          const { revision } = await apply();
          toast({ tone: 'ok', text: `Revision ${revision} is in force.` });
        }}
      >
        <p>All workers obey it at once; no connection is dropped. It can be undone under Revisions.</p>
      </ConfirmDialog>
    </div>
  );
}

function Refusal() {
  const fault = draftFault.value;
  if (fault === null) return null;
  return (
    <Card title={fault.kind === 'outdated' ? 'Somebody else was first' : 'Not in order'}>
      <ErrorFace fault={fault} small>
        {fault.kind === 'outdated' && (
          <Button size="small" onClick={() => void rebase()}>
            Compare with theirs, keep the draft
          </Button>
        )}
      </ErrorFace>
    </Card>
  );
}

function Checked() {
  const answer = checkedAnswer.value;
  if (answer === null) return null;
  return (
    <Card title="Checked: in order">
      {answer.changed ? <LinesList lines={answer.diff} label="What would change" /> : <p>Nothing would change.</p>}
      {answer.warnings.length > 0 && (
        <>
          <h3>Worth knowing</h3>
          <LinesList lines={answer.warnings} label="Warnings" />
        </>
      )}
    </Card>
  );
}
