/** Why a backend is what it is, in a sentence or two for somebody who has never seen it. */
import type { BackendEntry } from '#contract/admin.ts';
import type { StateChange } from '../../data/state-changes.ts';
import { ago } from '../../format/times.ts';
import type { BackendRow } from './backend-rows.ts';

type BackendChange = Extract<StateChange, { type: 'health' | 'circuit' }>;

/** The changes of one backend, the newest first. */
export function changesOf(row: Pick<BackendRow, 'pool' | 'id'>, changes: readonly StateChange[]): BackendChange[] {
  return (
    changes
      .filter(
        (change): change is BackendChange =>
          (change.type === 'health' || change.type === 'circuit') &&
          change.data.pool === row.pool &&
          change.data.backend === row.id,
      )
      // Those that were sent late, since the line reached back for them, stand behind those that they came before.
      .sort((a, b) => b.atMs - a.atMs || numberOf(b) - numberOf(a))
  );
}

/** The N of an id `START-N`. */
function numberOf({ id }: StateChange): number {
  return Number(id.slice(id.lastIndexOf('-') + 1));
}

export function reasonOf(row: BackendRow, changes: readonly StateChange[], nowMs: number): string {
  const { backend } = row;
  const own = changesOf(row, changes);
  const came = own.find((change) => change.type === 'health' && change.data.to === backend.state);
  const time = came === undefined ? '' : forTime(ago(came.atMs, nowMs));
  const said = detailOf(backend, came);
  const parts = [ofState(backend, time, said), ofCircuit(backend, nowMs), ofWeight(backend)];
  return parts.filter((part) => part !== '').join(' ');
}

/** What the last probe found; where there was none, what the change said. */
function detailOf({ lastProbe }: BackendEntry, came: BackendChange | undefined): string {
  if (lastProbe !== null && !lastProbe.ok) return lastProbe.detail;
  return came?.type === 'health' ? came.data.reason : '';
}

function ofState({ state, inFlight, circuit }: BackendEntry, time: string, said: string): string {
  const why = said === '' ? '' : `: ${said}`;
  const running =
    inFlight === 0 ? 'nothing is left of it' : `${inFlight} ${inFlight === 1 ? 'request' : 'requests'} still run`;
  switch (state) {
    case 'unhealthy':
      return `Its probes ${time === '' ? 'fail' : `have failed${time}`}${why}. It gets no requests.`;
    case 'falling':
      return `Its last probe failed${why}. It still gets requests.`;
    case 'rising':
      return `Its probes succeed again, not yet often enough. It gets no requests.`;
    case 'draining':
      return `Draining${time}, by an operator: it gets nothing new, and ${running}.`;
    case 'maintenance':
      return `In maintenance${time}, by an operator: it gets no requests.`;
    case 'unknown':
      return 'It has not been probed yet. It gets requests only if no other can.';
    case 'healthy':
      return circuit === 'closed' ? 'It is well and gets requests.' : '';
  }
}

/** What is `12 s ago` has been so ` for 12 s`. */
function forTime(past: string): string {
  return past === 'just now' ? '' : ` for ${past.replace(/ ago$/, '')}`;
}

function ofCircuit({ circuit, circuitChange }: BackendEntry, nowMs: number): string {
  if (circuit === 'closed') return '';
  const told = circuitChange === null ? '' : `: ${circuitChange.detail}`;
  const when = circuitChange === null ? '' : ` (${ago(Date.parse(circuitChange.at), nowMs)})`;
  return circuit === 'open'
    ? `Its circuit is open${told}${when}. No request passes until a trial succeeds.`
    : `Its circuit is half-open${when}: a trial request decides.`;
}

function ofWeight({ weight, effectiveWeight, state }: BackendEntry): string {
  if (state !== 'healthy' || effectiveWeight >= weight || weight === 0) return '';
  return `It is brought back slowly: ${Math.round((effectiveWeight / weight) * 100)} % of its weight now.`;
}
