/** What of the table is shown, all of it in the address: search, state, pool, order, and the backend that is looked at. */
import { computed, type ReadonlySignal } from '@preact/signals';
import { BACKEND_STATES } from '#contract/admin.ts';
import { readOrder, writeOrder, type Order } from '../../components/table-order.ts';
import { setQuery } from '../../routing/address.ts';
import { queryValue } from '../../routing/query-value.ts';
import { backendRows, isTroubled, rowByKey, type BackendRow } from './backend-rows.ts';

/** `trouble`: whatever is wrong and no operator has decided. */
export const STATE_CHOICES = ['all', 'trouble', ...BACKEND_STATES] as const;
export type StateChoice = (typeof STATE_CHOICES)[number];

export const search = queryValue<string>('find', '');
export const stateChoice = queryValue<StateChoice>('state', 'all', STATE_CHOICES);
export const poolChoice = queryValue<string>('pool', '');
const orderText = queryValue<string>('sort', '');
const openKey = queryValue<string>('backend', '');

export const order: ReadonlySignal<Order | null> = computed(() => readOrder(orderText.value.value));

export function setOrder(next: Order): void {
  orderText.set(writeOrder(next));
}

/** The backend whose details are shown; null: none. `missing` where the address names one that is not there. */
export const opened: ReadonlySignal<BackendRow | 'missing' | null> = computed(() => {
  const key = openKey.value.value;
  if (key === '') return null;
  return rowByKey.value.get(key) ?? (backendRows.value.length === 0 ? null : 'missing');
});
export const openedKey: ReadonlySignal<string> = openKey.value;

/** A step that one can go back over: it looks at something else. */
export function openBackend(key: string): void {
  setQuery({ backend: key }, 'push');
}

export function closeBackend(): void {
  openKey.set('');
}

export const shownRows: ReadonlySignal<readonly BackendRow[]> = computed(() => {
  const words = search.value.value.toLowerCase().split(/\s+/).filter(Boolean);
  const state = stateChoice.value.value;
  const pool = poolChoice.value.value;
  if (words.length === 0 && state === 'all' && pool === '') return backendRows.value;
  return backendRows.value.filter(
    (row) => (pool === '' || row.pool === pool) && isOfState(row, state) && isFound(row, words),
  );
});

export const isFiltered: ReadonlySignal<boolean> = computed(
  () => search.value.value !== '' || stateChoice.value.value !== 'all' || poolChoice.value.value !== '',
);

export function showAll(): void {
  setQuery({ find: null, state: null, pool: null });
}

function isOfState({ backend }: BackendRow, state: StateChoice): boolean {
  if (state === 'all') return true;
  return state === 'trouble' ? isTroubled(backend) : backend.state === state;
}

/** Every word is in its name, its address, its state, its circuit, or what its last probe said. */
function isFound({ key, backend }: BackendRow, words: readonly string[]): boolean {
  if (words.length === 0) return true;
  const { url, addresses, state, circuit, lastProbe } = backend;
  const text =
    `${key} ${url} ${addresses.join(' ')} ${state} circuit-${circuit} ${lastProbe?.detail ?? ''}`.toLowerCase();
  return words.every((word) => text.includes(word));
}
