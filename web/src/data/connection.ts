/** How current what is shown is: the state of the line to the server, and since when. */
import { computed, signal, type ReadonlySignal } from '@preact/signals';
import { serverNow, serverNowMs } from './clock.ts';

export type Connection =
  | { readonly kind: 'connecting' }
  /** Figures come each second. */
  | { readonly kind: 'live' }
  /** The stream of events cannot be had; figures are asked for instead. */
  | { readonly kind: 'polling' }
  /** No answer. `retryAtMs` is when it is asked again; server's clock. */
  | { readonly kind: 'lost'; readonly sinceMs: number; readonly retryAtMs: number };

/** Figures come each second; after this many they are old, whatever the line looks like. */
const STALE_MS = 5_000;

const state = signal<Connection>({ kind: 'connecting' });
const heardMs = signal<number | null>(null);

export const connection: ReadonlySignal<Connection> = state;
/** When figures came last; null: never. */
export const lastHeardMs: ReadonlySignal<number | null> = heardMs;
/** What is shown is older than it should be. */
export const isStale: ReadonlySignal<boolean> = computed(
  () => heardMs.value !== null && (state.value.kind === 'lost' || serverNowMs.value - heardMs.value > STALE_MS),
);

/** Figures have come. */
export function heard(kind: 'live' | 'polling'): void {
  heardMs.value = serverNow();
  if (state.peek().kind !== kind) state.value = { kind };
}

/** No answer; it will be asked again after `retryMs`. */
export function lost(retryMs: number): void {
  const before = state.peek();
  const now = serverNow();
  state.value = { kind: 'lost', sinceMs: before.kind === 'lost' ? before.sinceMs : now, retryAtMs: now + retryMs };
}

export function connecting(): void {
  state.value = { kind: 'connecting' };
}
