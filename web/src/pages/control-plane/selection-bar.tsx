/** What can be done to the backends that are ticked. It is there as long as any is. */
import { Button } from '../../components/button.tsx';
import { count } from '../../format/figures.ts';
import { ACTION_NAMES, ACTIONS } from './backend-action.ts';
import { askAction } from './pending-change.ts';
import { clearSelection, selectedRows, toggleShown } from './selection.ts';
import { shownRows } from './table-view.ts';
import './selection-bar.css';

export function SelectionBar() {
  const rows = selectedRows.value;
  if (rows.length === 0) return null;
  const keys = rows.map(({ key }) => key);
  return (
    <div class="selection-bar" role="toolbar" aria-label="Selected backends">
      <strong aria-live="polite">{count(rows.length)} selected</strong>
      {ACTION_NAMES.map((name) => (
        <Button
          key={name}
          size="small"
          kind={ACTIONS[name].danger ? 'danger' : 'plain'}
          disabled={rows.every(({ backend }) => ACTIONS[name].isDone(backend.state))}
          onClick={() => askAction(name, keys)}
        >
          {ACTIONS[name].title}
        </Button>
      ))}
      <span class="selection-end">
        {rows.length < shownRows.value.length && (
          <Button size="small" kind="quiet" onClick={toggleShown}>
            Select all {shownRows.value.length} shown
          </Button>
        )}
        <Button size="small" kind="quiet" onClick={clearSelection}>
          Clear
        </Button>
      </span>
    </div>
  );
}
