/**
 * What has happened: changes of health and circuits, revisions, workers, drains. Charts mark them, lists tell them, and
 * whatever shows a state asks for it anew when one comes. When the dashboard opens, it is sent those that the server still
 * keeps.
 */
import { batch, signal, type ReadonlySignal } from '@preact/signals';
import type { EventData, StateChangeType } from '#contract/events.ts';

/** More than a day of a busy system; the oldest go. */
const KEPT_MAX = 1000;

export type StateChange = {
  [T in StateChangeType]: { readonly type: T; readonly id: string; readonly atMs: number; readonly data: EventData[T] };
}[StateChangeType];

const kept = signal<readonly StateChange[]>([]);
const turns = signal(0);

/** The oldest first. */
export const stateChanges: ReadonlySignal<readonly StateChange[]> = kept;
/** Counts up with each change, and when some were missed. */
export const stateTurns: ReadonlySignal<number> = turns;

export function recordChange<T extends StateChangeType>(type: T, id: string, data: EventData[T]): void {
  if (kept.peek().some((change) => change.id === id)) return;
  const change = { type, id, atMs: Date.parse(data.at), data } as unknown as StateChange;
  batch(() => {
    kept.value = [...kept.value.slice(-(KEPT_MAX - 1)), change];
    turns.value += 1;
  });
}

/** Something was missed: whatever is shown may be wrong. */
export function missedChanges(): void {
  turns.value += 1;
}

/** One sentence about one change, for lists and the marks of charts. */
export function tell(change: StateChange): string {
  switch (change.type) {
    case 'health':
      return `${change.data.pool}/${change.data.backend}: ${change.data.from} → ${change.data.to}. ${change.data.reason}`;
    case 'circuit':
      return `${change.data.pool}/${change.data.backend}: circuit ${change.data.circuit}. ${change.data.detail}`;
    case 'panic':
      return `${change.data.pool}: ${change.data.panic ? 'too few backends are eligible, circuits do not count' : 'enough backends again'}`;
    case 'config':
      return `Revision ${change.data.revision} by ${change.data.by.name}: ${change.data.summary}`;
    case 'worker':
      return `Worker ${change.data.worker} ${change.data.state}. ${change.data.reason}`.trim();
    case 'reload':
      return `A configuration was refused; revision ${change.data.revision} stays. ${change.data.problems[0] ?? ''}`.trim();
    case 'drain':
      return `Draining: running requests are given ${change.data.graceMs / 1000} s.`;
  }
}
