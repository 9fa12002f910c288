/** Search and filters of the table, and how many of how many are shown. */
import type { TargetedInputEvent, TargetedKeyboardEvent } from 'preact';
import { Icon } from '../../components/icon.tsx';
import { Select } from '../../components/select.tsx';
import { backends } from '../../data/resources.ts';
import { count } from '../../format/figures.ts';
import { backendRows } from './backend-rows.ts';
import { poolChoice, search, shownRows, STATE_CHOICES, stateChoice, type StateChoice } from './table-view.ts';
import './table-toolbar.css';

const LABELS: Readonly<Partial<Record<StateChoice, string>>> = { all: 'All states', trouble: 'Needs attention' };
const FIND_ID = 'backend-find';

export function TableToolbar() {
  const pools = backends.value.value?.pools.map(({ name }) => name) ?? [];
  const shown = shownRows.value.length;
  const all = backendRows.value.length;
  return (
    <div class="table-toolbar" role="search">
      <span class="soft" aria-live="polite">
        {shown === all ? `${count(all)} in all` : `${count(shown)} of ${count(all)}`}
      </span>
      <label class="table-find">
        <Icon name="search" size={14} />
        <span class="unseen">Find a backend</span>
        <input
          id={FIND_ID}
          type="search"
          placeholder="Name, address, probe …"
          maxLength={200}
          value={search.value.value}
          spellcheck={false}
          onInput={(event: TargetedInputEvent<HTMLInputElement>) => search.set(event.currentTarget.value)}
          onKeyDown={leave}
        />
        <kbd aria-hidden="true">/</kbd>
      </label>
      <Select
        compact
        label="State"
        choices={STATE_CHOICES.map((value) => ({ value, label: LABELS[value] ?? value }))}
        value={stateChoice.value.value}
        onChange={stateChoice.set}
      />
      {pools.length > 1 && (
        <Select
          compact
          label="Pool"
          choices={[{ value: '', label: 'All pools' }, ...pools.map((value) => ({ value, label: value }))]}
          value={poolChoice.value.value}
          onChange={poolChoice.set}
        />
      )}
    </div>
  );
}

export function focusSearch(): void {
  const input = document.getElementById(FIND_ID);
  if (input instanceof HTMLInputElement) {
    input.focus();
    input.select();
  }
}

/** Enter and the arrow go to the first row that was found; Escape empties it, then leaves. */
function leave(event: TargetedKeyboardEvent<HTMLInputElement>): void {
  const toRows = event.key === 'Enter' || event.key === 'ArrowDown';
  if (toRows) focusFirstRow();
  else if (event.key !== 'Escape') return;
  else if (event.currentTarget.value === '') event.currentTarget.blur();
  else search.set('');
  event.preventDefault();
}

function focusFirstRow(): void {
  document.querySelector<HTMLElement>('.backend-table tr[data-key]')?.focus();
}
