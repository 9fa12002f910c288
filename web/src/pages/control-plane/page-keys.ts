/**
 * The keys of this page. What is done is done to the backends that are ticked; when none is, to the row that has the focus;
 * when none has, to the backend whose details are open.
 */
import type { Shortcut } from '../../app/shortcuts.ts';
import { isOperator } from '../../data/session.ts';
import { leavePanel } from './backend-panel.tsx';
import { ACTION_NAMES, ACTIONS, type ActionName } from './backend-action.ts';
import { askAction } from './pending-change.ts';
import { clearSelection, selectedRows, toggle, toggleShown } from './selection.ts';
import { focusSearch } from './table-toolbar.tsx';
import { opened } from './table-view.ts';

export const VIEWER_KEYS: readonly Shortcut[] = [
  { key: '/', says: 'Find a backend', run: focusSearch },
  { key: 'Escape', says: 'Close the details, clear the selection', run: leave },
];

const SAYS: Readonly<Record<ActionName, string>> = {
  drain: 'Drain it, or what is selected',
  maintenance: 'Put it in maintenance',
  activate: 'Activate it',
  weight: 'Set its weight',
  remove: 'Remove it after draining',
};

export const OPERATOR_KEYS: readonly Shortcut[] = [
  ...VIEWER_KEYS,
  { key: 'x', says: 'Select the row, or not', run: tickFocused },
  { key: 'X', says: 'Select all that are shown, or none', run: toggleShown },
  ...ACTION_NAMES.map((name) => ({ key: ACTIONS[name].key, says: SAYS[name], run: () => act(name) })),
];

function focusedKey(): string | null {
  return document.activeElement?.closest<HTMLElement>('.backend-table tr[data-key]')?.dataset['key'] ?? null;
}

function tickFocused(): void {
  const key = focusedKey();
  if (key !== null) toggle(key);
}

function act(name: ActionName): void {
  // A session may end while the page is open.
  if (!isOperator.peek()) return;
  const selected = selectedRows.peek().map(({ key }) => key);
  if (selected.length > 0) return askAction(name, selected);
  const focused = focusedKey();
  const open = opened.peek();
  if (focused !== null) askAction(name, [focused]);
  else if (open !== null && open !== 'missing') askAction(name, [open.key]);
}

function leave(): void {
  if (opened.peek() !== null) leavePanel();
  else clearSelection();
}
