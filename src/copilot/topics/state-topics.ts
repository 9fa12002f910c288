/** Questions about how it is: what is wrong, which backends are unwell, what comes in, what has changed. */
import type { Told } from '#contract/copilot.ts';
import {
  attemptsOf,
  citedAttempts,
  citedFailureShare,
  citedMean,
  isServing,
  isTakenOut,
  labelsOf,
} from '../attempt-figures.ts';
import { counted, setting, standing, workedOut } from '../cited.ts';
import type { BackendReading, PoolReading, Readings } from '../readings.ts';
import { joined, listed, name, NOTHING, say } from '../told.ts';
import { findingsOf, type Reply, type Topic } from '../topic.ts';

const CHANGE_RULES = ['reload-refused', 'config-drift', 'worker-restarts'];
const BACKEND_RULES = [
  'backend-down',
  'pool-down',
  'wrong-probe',
  'tier-down',
  'flapping-backend',
  'failing-backend',
  'failing-pool',
  'brown-out',
  'overweight',
  'too-few-backends',
  'panic',
];
const EVENTS_SHOWN = 5;

export const everything: Topic = {
  name: 'everything',
  example: 'What is wrong?',
  words: [
    /\bwrong\b/,
    /\bproblems?\b/,
    /\bissues?\b/,
    /\bstatus\b/,
    /\bok(ay)?\b/,
    /\bhealth of\b/,
    /\bfix\b/,
    /\bimprove\b/,
    /\badvice\b/,
    /\brecommend/,
    /\bfindings?\b/,
    /\bsummary\b/,
  ],
  reply: ({ readings, diagnoses }) => {
    const count = standing('findings', {}, diagnoses.length, 'count', 'GET /admin/copilot');
    const covered = workedOut('seconds looked back on', readings.windowS, 's', []);
    return {
      texts: [
        diagnoses.length === 0
          ? say`Nothing is wrong that the rules know of, over the past ${covered}. ${traffic(readings)}`
          : say`${count} findings over the past ${covered}, the worst first. ${traffic(readings)}`,
      ],
      findings: diagnoses.map(({ finding }) => finding),
    };
  },
};

export const backends: Topic = {
  name: 'backends',
  example: 'Which backend is unhealthy?',
  words: [
    /\bbackends?\b/,
    /\bunhealthy\b/,
    /\bdown\b/,
    /\bservers?\b/,
    /\bhosts?\b/,
    /\bcircuits?\b/,
    /\bflap/,
    /\bhealthy\b/,
  ],
  reply: (asked) => {
    const { readings, pool, backend } = asked;
    const pools = pool === null ? readings.pools : [pool];
    const texts =
      backend === null
        ? pools.map(ofPool)
        : pools.filter((one) => one.backends.includes(backend)).map((one) => ofBackend(readings, one, backend));
    return { texts, findings: findingsOf(asked, BACKEND_RULES) };
  },
};

export const trafficTopic: Topic = {
  name: 'traffic',
  example: 'How much traffic is there?',
  words: [
    /\btraffic\b/,
    /\brequests? (per|a) second\b/,
    /\brps\b/,
    /\bhow (many|much) (requests|traffic)\b/,
    /\bload\b/,
    /\bthroughput\b/,
  ],
  reply: (asked) => {
    const { readings } = asked;
    const routes = readings.routes.filter(({ requests }) => requests > 0).toSorted((a, b) => b.requests - a.requests);
    const each = routes.map(
      (route) => say`${name(route.name)} ${perSecond(readings, { route: route.name }, route.requests)}`,
    );
    return {
      texts: [joined(traffic(readings), each.length === 0 ? NOTHING : say`By route: ${listed(each)}.`)],
      findings: findingsOf(asked, [
        'slow-pool',
        'saturated',
        'rate-limited',
        'unrouted',
        'shedding',
        'hot-key',
        'imbalance',
      ]),
    };
  },
};

export const changes: Topic = {
  name: 'changes',
  example: 'What has changed?',
  words: [
    /\bchang(e|ed|es)\b/,
    /\bdrift/,
    /\breload/,
    /\brevisions?\b/,
    /\bwho\b/,
    /\bwhen\b/,
    /\bhappened\b/,
    /\bworkers?\b/,
    /\brestart/,
    /\bconfig(uration)?\b/,
  ],
  reply: (asked): Reply => {
    const { readings } = asked;
    const { events, overview } = readings;
    const revision = standing('revision', {}, overview.revision, 'count', 'GET /admin/overview');
    const all = [
      ...events.health.map(({ at, pool, backend, from, to }) => ({
        at,
        told: say`${name(`${pool}/${backend}`)} went from ${name(from)} to ${name(to)}`,
      })),
      ...events.circuit.map(({ at, pool, backend, circuit }) => ({
        at,
        told: say`the circuit of ${name(`${pool}/${backend}`)} is ${name(circuit)}`,
      })),
      ...events.worker.map(({ at, state }) => ({ at, told: say`a worker ${name(state)}` })),
      ...events.reload.map(({ at }) => ({ at, told: say`a configuration was refused` })),
    ].toSorted((a, b) => (a.at < b.at ? 1 : -1));
    const shown = all.slice(0, EVENTS_SHOWN).map(({ at, told }) => say`${name(at)} ${told}`);
    return {
      texts: [
        say`Revision ${revision} of the configuration is in force. ${name('GET /admin/config/revisions')} and ${name('GET /admin/audit')} say who made it.`,
        shown.length === 0
          ? say`No backend, circuit or worker has changed its state since the start.`
          : say`The last changes: ${listed(shown, EVENTS_SHOWN)}.`,
      ],
      findings: findingsOf(asked, [...CHANGE_RULES, 'flapping-backend']),
    };
  },
};

function perSecond(
  { windowS }: Readings,
  labels: Readonly<Record<string, string>>,
  requests: number,
): ReturnType<typeof workedOut> {
  return workedOut('requests a second', requests / windowS, '/s', [
    counted('edgebalancer_requests_total', labels, requests, windowS),
  ]);
}

function traffic(readings: Readings): Told {
  return say`${perSecond(readings, {}, readings.process.requests)} requests come in.`;
}

function ofPool(pool: PoolReading): Told {
  const labels = labelsOf(pool);
  const source = 'GET /admin/backends';
  const all = standing('backends', labels, pool.backends.length, 'count', source);
  const up = standing('backends up', labels, pool.backends.filter(isServing).length, 'count', source);
  const unwell = pool.backends.filter((one) => !isServing(one) || one.circuit !== 'closed');
  const each = unwell.map((one) =>
    isServing(one) || isTakenOut(one)
      ? say`${name(one.id)} (${name(isTakenOut(one) ? one.state : `circuit ${one.circuit}`)})`
      : say`${name(one.id)} (${name(one.state)}${one.lastProbe === null ? NOTHING : say`: ${name(one.lastProbe.detail)}`})`,
  );
  return joined(
    say`${up} of ${all} backends of ${name(pool.name)} are up.`,
    each.length === 0 ? NOTHING : say`Not well: ${listed(each)}.`,
  );
}

function ofBackend({ windowS }: Readings, pool: PoolReading, backend: BackendReading): Told {
  const labels = labelsOf(pool, backend);
  const spans = [backend.recent];
  const weight = setting(`pools.${pool.name}.backends.${backend.id}.weight`, backend.weight, 'count');
  return joined(
    say`${name(backend.id)} of ${name(pool.name)} is ${name(backend.state)}, its circuit ${name(backend.circuit)}, its weight ${weight}.`,
    attemptsOf(spans) === 0
      ? say`No attempt at it ended in the window.`
      : say`${citedAttempts(labels, spans, windowS)} attempts took ${citedMean(labels, spans, windowS)} on average, and ${citedFailureShare(labels, spans, windowS)} failed.`,
    say`${standing('inFlight', labels, backend.inFlight, 'count', 'GET /admin/backends')} are in flight.`,
  );
}
