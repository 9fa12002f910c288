/** The change that an operator is being asked to confirm; one at a time. */
import { signal, type ReadonlySignal } from '@preact/signals';
import type { ActionName } from './backend-action.ts';
import { rowByKey, type BackendRow } from './backend-rows.ts';

export type PendingChange =
  | { readonly kind: 'action'; readonly action: ActionName; readonly rows: readonly BackendRow[] }
  | { readonly kind: 'strategy'; readonly pool: string }
  | { readonly kind: 'add'; readonly pool: string }
  /** Takes the last change back. `to`: revision that comes back into force. */
  | { readonly kind: 'undo'; readonly revision: number; readonly to: number; readonly summary: string };

const pending = signal<PendingChange | null>(null);

export const pendingChange: ReadonlySignal<PendingChange | null> = pending;

export function ask(change: PendingChange): void {
  pending.value = change;
}

/** Asks for backends by key: those that are gone meanwhile are left out. */
export function askAction(action: ActionName, keys: readonly string[]): void {
  const rows = keys.map((key) => rowByKey.peek().get(key)).filter((row) => row !== undefined);
  if (rows.length > 0) ask({ kind: 'action', action, rows });
}

export function endAsking(): void {
  pending.value = null;
}
