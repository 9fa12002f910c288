/** The dialog of the change that is being asked for, if any. */
import { ActionDialog } from './action-dialog.tsx';
import { AddDialog } from './add-dialog.tsx';
import { endAsking, pendingChange } from './pending-change.ts';
import { StrategyDialog } from './strategy-dialog.tsx';
import { UndoDialog } from './undo-dialog.tsx';

/** Each is made anew for what it asks: nothing typed for one is left for the next. */
export function ChangeDialogs() {
  const change = pendingChange.value;
  switch (change?.kind) {
    case undefined:
      return null;
    case 'action':
      return <ActionDialog {...change} onClose={endAsking} />;
    case 'strategy':
      return <StrategyDialog key={change.pool} pool={change.pool} onClose={endAsking} />;
    case 'add':
      return <AddDialog key={change.pool} pool={change.pool} onClose={endAsking} />;
    case 'undo':
      return <UndoDialog {...change} onClose={endAsking} />;
  }
}
