/** Asks before the last change is taken back. */
import { ConfirmDialog } from '../../components/confirm-dialog.tsx';
import { rollBack } from '../../data/changes.ts';
import { useVersionedChange } from './versioned-change.ts';

interface UndoDialogProps {
  readonly revision: number;
  readonly to: number;
  readonly summary: string;
  readonly onClose: () => void;
}

export function UndoDialog({ revision, to, summary, onClose }: UndoDialogProps) {
  const change = useVersionedChange([{ name: `revision ${to}`, run: (options) => rollBack(to, options) }]);
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title={`Undo revision ${revision}`}
      predict={change.predict}
      effectKey={String(change.turn)}
      action="Undo"
      onConfirm={change.confirm}
      done={`Revision ${to} is in force again`}
    >
      <p>
        Takes back “{summary}”. What revision {to} said comes into force as a new revision, so this can be undone too.
      </p>
    </ConfirmDialog>
  );
}
