/** Short notices that go by themselves; those that say that something failed stay until they are read. */
import { signal, type ReadonlySignal } from '@preact/signals';

export interface Toast {
  readonly id: number;
  readonly tone: 'ok' | 'bad' | 'plain';
  readonly text: string;
}

const SHOWN_MS = 6_000;
/** More are a list, and belong on a page. */
const SHOWN_MAX = 4;

const shown = signal<readonly Toast[]>([]);
let next = 1;

export const toasts: ReadonlySignal<readonly Toast[]> = shown;

export function toast({ tone, text }: Omit<Toast, 'id'>): void {
  const id = next++;
  shown.value = [...shown.value.slice(-(SHOWN_MAX - 1)), { id, tone, text }];
  if (tone !== 'bad') setTimeout(() => dismissToast(id), SHOWN_MS);
}

export function dismissToast(id: number): void {
  shown.value = shown.value.filter((one) => one.id !== id);
}
