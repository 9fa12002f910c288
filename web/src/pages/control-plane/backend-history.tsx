/** Changes of health and circuit of one backend, the newest first, as far as the server still keeps them. */
import { StateBadge, CircuitBadge } from '../../components/state-badge.tsx';
import type { StateChange } from '../../data/state-changes.ts';
import { ago, moment } from '../../format/times.ts';

/** What flaps all day is no longer read line by line. */
const SHOWN_MAX = 30;

interface BackendHistoryProps {
  readonly changes: readonly Extract<StateChange, { type: 'health' | 'circuit' }>[];
  readonly nowMs: number;
}

export function BackendHistory({ changes, nowMs }: BackendHistoryProps) {
  if (changes.length === 0) return <p class="soft">Nothing that the server still knows of.</p>;
  return (
    <>
      <ol class="backend-history" tabIndex={0} aria-label="Changes, the newest first">
        {changes.slice(0, SHOWN_MAX).map((change) => (
          <li key={change.id}>
            <time dateTime={change.data.at} title={ago(change.atMs, nowMs)}>
              {moment(change.atMs, nowMs)}
            </time>
            <span>
              {change.type === 'health' ? (
                <StateBadge state={change.data.to} />
              ) : (
                <>
                  <span class="soft">circuit</span> <CircuitBadge circuit={change.data.circuit} />
                </>
              )}
            </span>
            <span class="backend-history-why">
              {change.type === 'health' ? change.data.reason : change.data.detail}
            </span>
          </li>
        ))}
      </ol>
      {changes.length > SHOWN_MAX && <p class="soft">And {changes.length - SHOWN_MAX} before.</p>}
    </>
  );
}
