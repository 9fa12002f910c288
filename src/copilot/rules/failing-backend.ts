/**
 * One backend fails while the others of its pool do not.
 *
 * Why: its requests are answered with errors, or made again elsewhere: retries, failovers, an open circuit and a higher p99 all
 * come of it. Whoever looks at those first looks in the wrong place.
 * Conditions: at least FAILURES_MIN failures and FAILING_SHARE of its attempts in the window, and PEER_TIMES as many, in
 * proportion, as the peer in the middle; or AVOIDED_MIN and AVOIDED_SHARE, where the strategy sends it hardly any. A circuit that is open lets so few attempts through that their share says nothing: then the circuit
 * speaks, where it opened or failed a trial within the window.
 * False alarms: a single failure, a restart that took less than FAILURES_MIN requests with it, and errors that all backends have
 * alike (failing-pool) are none. A backend that probes call down is backend-down's.
 * Source: Envoy's outlier detection compares a host with its cluster in the same way.
 */
import type { Told } from '#contract/copilot.ts';
import {
  citedAttempts,
  citedFailures,
  citedFailureShare,
  commonFailure,
  isServing,
  labelsOf,
  peersOf,
  poolAttempts,
} from '../attempt-figures.ts';
import { counted, standing, type Cited } from '../cited.ts';
import type { Draft, Rule } from '../finding-draft.ts';
import { backendChange } from '../proposals.ts';
import type { AttemptSpan, BackendReading, PoolReading, Readings } from '../readings.ts';
import { joined, name, NOTHING, say } from '../told.ts';

/** Fewer are as well a restart, or a client's odd request. */
const FAILURES_MIN = 5;
/** One in twenty is seen by users; below it retries hide it. */
export const FAILING_SHARE = 0.05;
const PEER_TIMES = 3;
/** A strategy that learns keeps away from a backend that fails: of the few it still sends, most fail. */
const AVOIDED_MIN = 3;
const AVOIDED_SHARE = 0.5;
/** From there on users notice, retries or not. */
const CRITICAL_POOL_SHARE = 0.05;

export const failingBackend: Rule = {
  name: 'failing-backend',
  summary: 'one backend fails its requests, its peers do not',
  explains: [
    'retry-amplification',
    'brown-out',
    'wrong-strategy',
    'overweight',
    'panic',
    'saturated',
    'slow-pool',
    'cut-off',
    'imbalance',
  ],
  check: (readings) => readings.pools.flatMap((pool) => pool.backends.flatMap((one) => look(readings, pool, one))),
};

function look(readings: Readings, pool: PoolReading, backend: BackendReading): Draft[] {
  if (!isServing(backend)) return [];
  const { attempts, failures, circuitOpened } = backend.recent;
  const isOut = backend.circuit !== 'closed' && (circuitOpened > 0 || failures > 0);
  const own = attempts === 0 ? 0 : failures / attempts;
  const peers = peersOf(pool, backend).map(({ recent }) => recent);
  const others = usualShare(peers);
  const isMost = failures >= AVOIDED_MIN && own >= AVOIDED_SHARE;
  const isWorse = ((failures >= FAILURES_MIN && own >= FAILING_SHARE) || isMost) && own >= PEER_TIMES * others;
  if (!isWorse && !(isOut && own >= PEER_TIMES * others)) return [];
  return [draft(readings, pool, backend, peers.length > 0)];
}

/** What share of attempts fails at the peer in the middle, the better one of two: another that fails must not hide this one. */
function usualShare(peers: readonly AttemptSpan[]): number {
  const shares = peers.filter(({ attempts }) => attempts > 0).map((span) => span.failures / span.attempts);
  return shares.toSorted((a, b) => a - b)[(shares.length - 1) >> 1] ?? 0;
}

function draft({ windowS }: Readings, pool: PoolReading, backend: BackendReading, hasPeers: boolean): Draft {
  const labels = labelsOf(pool, backend);
  const spans = [backend.recent];
  const share = citedFailureShare(labels, spans, windowS);
  const all = poolAttempts(pool);
  const touches = all === 0 ? 0 : backend.recent.failures / all;
  const { outcome } = commonFailure(spans);
  const common = outcome === '' ? NOTHING : say`Most of them ended as ${name(outcome)}: ${meaning(outcome)}`;
  const isOpen = backend.circuit !== 'closed';
  const id = name(backend.id);
  return {
    severity: touches >= CRITICAL_POOL_SHARE || !hasPeers ? 'critical' : 'warning',
    place: { pool: pool.name, backend: backend.id },
    title: isOpen
      ? say`${id} of ${name(pool.name)} fails, and its circuit is ${name(backend.circuit)}`
      : say`${id} of ${name(pool.name)} fails ${share} of its requests`,
    why: joined(
      say`${citedFailures(labels, spans, windowS)} of ${citedAttempts(labels, spans, windowS)} attempts at it failed; its peers do not fail like that.`,
      common,
    ),
    evidence: evidenceOf(pool, backend, windowS),
    recommendation: {
      says: hasPeers
        ? say`Look at ${id} itself: its log, its last deployment, what it depends on. Take it out meanwhile, should retries not hide it.`
        : say`Look at ${id} itself: it is alone in its pool, so nothing can stand in for it.`,
      change: hasPeers ? backendChange(pool.name, backend.id, { state: 'maintenance' }) : null,
    },
    touches,
    ...(hasPeers && {
      whatIf: { pool: pool.name, changes: [{ kind: 'state', backend: backend.id, state: 'maintenance' }] },
    }),
  };
}

function evidenceOf(pool: PoolReading, backend: BackendReading, windowS: number): Cited[] {
  const labels = labelsOf(pool, backend);
  const { outcome, count } = commonFailure([backend.recent]);
  const peers = peersOf(pool, backend).map(({ recent }) => recent);
  return [
    citedFailureShare(labels, [backend.recent], windowS),
    ...(outcome === ''
      ? []
      : [counted('edgebalancer_upstream_requests_total', { ...labels, outcome }, count, windowS)]),
    ...(peers.length === 0 ? [] : [citedFailureShare({ ...labelsOf(pool), backend: 'peers' }, peers, windowS)]),
    counted('edgebalancer_circuit_transitions_total', { ...labels, to: 'open' }, backend.recent.circuitOpened, windowS),
    standing('inFlight', labels, backend.inFlight, 'count', 'GET /admin/backends'),
  ];
}

/** What an outcome says of the backend. */
function meaning(outcome: string): Told {
  switch (outcome) {
    case 'connect-failure':
      return say`nothing listens there, or it refuses connections.`;
    case 'connect-timeout':
      return say`connections do not come about: the machine is gone, or its backlog is full.`;
    case 'reset':
      return say`it ends connections in the middle of requests, as a process does that crashes or is killed.`;
    case 'timeout':
      return say`it takes requests and does not answer in time.`;
    case 'invalid':
      return say`what it answers is not HTTP: another program may listen there.`;
    case 'truncated':
      return say`its answers break off.`;
    case 'gateway-error':
      return say`it answers that something behind it cannot serve, or that it is overloaded.`;
    default:
      return say`the application answers with errors of its own.`;
  }
}
