/** Changes of state as marks of charts: circuits, health, revisions, dead workers, refused configurations. */
import { computed, type ReadonlySignal } from '@preact/signals';
import { stateChanges, tell, type StateChange } from './state-changes.ts';

export interface Mark {
  /** Seconds since 1970. */
  readonly at: number;
  readonly label: string;
  readonly tone: 'ok' | 'warn' | 'bad' | 'calm';
}

/** The same array until something has happened. */
export const marks: ReadonlySignal<readonly Mark[]> = computed(() =>
  stateChanges.value.flatMap((change) => {
    const tone = toneOf(change);
    return tone === null ? [] : [{ at: change.atMs / 1000, label: tell(change), tone }];
  }),
);

/** Null: it is not worth a mark. */
function toneOf(change: StateChange): Mark['tone'] | null {
  switch (change.type) {
    case 'health':
      if (change.data.to === 'unhealthy') return 'bad';
      return change.data.to === 'healthy' ? 'ok' : null;
    case 'circuit':
      if (change.data.circuit === 'open') return 'bad';
      return change.data.circuit === 'closed' ? 'ok' : 'warn';
    case 'config':
      return 'calm';
    case 'panic':
      return change.data.panic ? 'bad' : 'ok';
    case 'worker':
      return change.data.state === 'died' ? 'bad' : null;
    case 'reload':
      return 'warn';
    case 'drain':
      return null;
  }
}
