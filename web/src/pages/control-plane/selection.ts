/** Backends that are ticked, for doing the same to all of them. Those that are gone, or filtered away, do not count. */
import { computed, signal, type ReadonlySignal } from '@preact/signals';
import type { BackendRow } from './backend-rows.ts';
import { shownRows } from './table-view.ts';

const ticked = signal<ReadonlySet<string>>(new Set());

export const selectedRows: ReadonlySignal<readonly BackendRow[]> = computed(() =>
  ticked.value.size === 0 ? [] : shownRows.value.filter(({ key }) => ticked.value.has(key)),
);

/** Following it renders anew only when a tick is set or taken away. */
export const tickedKeys: ReadonlySignal<ReadonlySet<string>> = ticked;

export function toggle(key: string): void {
  const next = new Set(ticked.peek());
  if (!next.delete(key)) next.add(key);
  ticked.value = next;
}

/** All that are shown; when they all are already, none. */
export function toggleShown(): void {
  const shown = shownRows.peek();
  const all = shown.length > 0 && shown.every(({ key }) => ticked.peek().has(key));
  ticked.value = new Set(all ? [] : shown.map(({ key }) => key));
}

export function clearSelection(): void {
  if (ticked.peek().size > 0) ticked.value = new Set();
}
