/** Records of requests in the admin API's shapes. A pick that was recorded is made again here, to say whether it comes out. */
import type {
  AttemptEntry,
  CandidateEntry,
  DecisionEntry,
  ExcludedEntry,
  RequestAnswer,
  RequestEntry,
} from '#contract/requests.ts';
import { EXCLUSIONS, EXCLUSION_SAYS, type Exclusion } from '#core/balancing/exclusion.ts';
import type { PickWay } from '#core/balancing/pick-recorder.ts';
import { ALL_FULL, ALL_OPEN, ALL_TRIED, LIMITED, NO_BACKEND } from '#core/balancing/selector.ts';
import { faultRow } from '#core/fault.ts';
import { strategyByName } from '#core/strategies/index.ts';
import { replayPick } from '#core/strategies/replay.ts';
import type { AttemptRecord, NamedPick, RequestRecord } from './decision-record.ts';

export function requestEntry(record: RequestRecord): RequestEntry {
  const { fault } = record;
  return {
    id: record.id,
    at: new Date(record.atMs).toISOString(),
    why: record.why,
    worker: record.worker,
    client: record.client,
    listener: record.listener,
    route: record.route,
    method: record.method,
    host: record.host,
    target: record.target,
    status: record.status,
    reason: fault === 0 ? null : faultRow(fault).reason,
    fault: fault === 0 ? null : faultRow(fault).name,
    pool: record.pool,
    backend: record.backend,
    durationMs: thousandth(record.durationMs),
    queueMs: happened(record.queueMs),
    attempts: record.attempts.length + record.moreAttempts,
  };
}

export function requestAnswer(record: RequestRecord, missingWorkers: readonly number[]): RequestAnswer {
  return {
    ...requestEntry(record),
    protocol: record.protocol,
    userAgent: record.userAgent,
    traceId: record.traceId,
    bytesIn: record.bytesIn,
    bytesOut: record.bytesOut,
    attempts: record.attempts.map(attemptEntry).toSorted((a, b) => a.startMs - b.startMs),
    moreAttempts: record.moreAttempts,
    refused: record.refused === null ? null : decisionEntry(record.refused),
    missingWorkers,
  };
}

function attemptEntry(attempt: AttemptRecord): AttemptEntry {
  return {
    backend: attempt.backend,
    reason: attempt.reason,
    outcome: attempt.outcome,
    status: attempt.status === 0 ? null : attempt.status,
    startMs: thousandth(attempt.startMs),
    backoffMs: happened(attempt.backoffMs),
    connectMs: happened(attempt.connectMs),
    firstByteMs: happened(attempt.firstByteMs),
    ms: thousandth(attempt.ms),
    decision: attempt.pick === null ? null : decisionEntry(attempt.pick),
  };
}

function decisionEntry(named: NamedPick): DecisionEntry {
  const { pick, strategy, params, chosen } = named;
  const definition = strategyByName(strategy);
  if (definition === undefined) throw new Error(`a record names an unknown strategy: ${strategy}`);
  const { explains } = definition;
  const again = replayPick(definition, params, pick, (slot) => named.authorities[pick.slots.indexOf(slot)] ?? '');
  return {
    strategy,
    params,
    way: pick.way,
    says: saysOf(named),
    score: explains.score,
    wins: explains.wins,
    chosen: pick.chosen < 0 ? null : chosen,
    panic: pick.panic,
    lastResort: pick.resort,
    candidates: candidatesOf(named, explains.inputs),
    moreCandidates: pick.moreCandidates,
    excluded: excludedOf(named),
    moreExcluded: pick.moreExcluded,
    draws: [...pick.draws],
    key: definition.key === null ? null : pick.key,
    state: Object.fromEntries(explains.state.map((name, at) => [name, finite(pick.state[at]) ?? 0])),
    reproduced: again === null ? null : again === pick.chosen,
  };
}

function candidatesOf({ pick, ids }: NamedPick, inputs: readonly string[]): CandidateEntry[] {
  const count = pick.slots.length;
  return ids.map((backend, at) => ({
    backend,
    score: finite(pick.score[at]),
    inFlight: pick.inFlight[at] as number,
    weight: pick.weight[at] as number,
    drawn: pick.compared.includes(pick.slots[at] as number),
    chosen: pick.slots[at] === pick.chosen,
    inputs: Object.fromEntries(inputs.map((name, column) => [name, finite(pick.inputs[column * count + at]) ?? 0])),
  }));
}

function excludedOf({ pick, excludedIds }: NamedPick): ExcludedEntry[] {
  return excludedIds.map((backend, at) => {
    const why = EXCLUSIONS[pick.excluded[2 * at + 1] as number] as Exclusion;
    return { backend, why, says: EXCLUSION_SAYS[why] };
  });
}

const WAYS: Readonly<Record<PickWay, string>> = {
  strategy: 'chosen by the strategy among all candidates',
  among: 'chosen by the strategy among those that were left',
  trial: 'its circuit was due for a trial, which this request became',
  'other-tier': 'nobody of the serving tier was left, so the least busy of another tier was taken',
  again: 'all had been tried, so the one that failed last was tried again',
  none: 'nobody could be picked',
};

const NOBODY: Readonly<Record<number, string>> = {
  [NO_BACKEND]: 'no backend takes part that is not down',
  [ALL_FULL]: 'all that are eligible are full',
  [ALL_OPEN]: 'circuits keep out all that are not down',
  [ALL_TRIED]: 'all have been tried',
  [LIMITED]: "the pool's adaptive limit is reached",
};

function saysOf({ pick }: NamedPick): string {
  const { way, chosen, panic, resort, compared, slots } = pick;
  const how = chosen < 0 ? (NOBODY[chosen] ?? WAYS.none) : WAYS[way];
  const alone = slots.length === 1 && way === 'strategy' ? '; it was the only one' : '';
  const drawn = compared.length > 0 && slots.length > 1 ? '; only those that were drawn are compared' : '';
  const panics = panic ? '; the pool is in panic, so circuits do not count' : '';
  const last = resort ? '; a last resort: probes call the candidates down, and they answered a moment ago' : '';
  return `${how}${alone}${drawn}${panics}${last}`;
}

function happened(ms: number): number | null {
  return ms < 0 ? null : thousandth(ms);
}

function thousandth(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

function finite(value: number | undefined): number | null {
  return value === undefined || !Number.isFinite(value) ? null : value;
}
