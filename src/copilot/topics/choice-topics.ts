/** Questions about what else there could be: another strategy, one backend less, more traffic, what it costs. */
import type { Told } from '#contract/copilot.ts';
import { citedMean, isServing, labelsOf, poolAttempts } from '../attempt-figures.ts';
import { counted, setting, shareOf, standing, workedOut } from '../cited.ts';
import type { BackendReading, PoolReading, Readings } from '../readings.ts';
import { joined, listed, name, NOTHING, say } from '../told.ts';
import { findingsOf, type Asked, type Reply, type Topic } from '../topic.ts';

const STRATEGY_RULES = ['wrong-strategy', 'hot-key', 'imbalance', 'overweight', 'brown-out'];
const RATE_TIMES_MOST = 100;

export const strategy: Topic = {
  name: 'strategy',
  example: 'Is the strategy right?',
  words: [
    /\bstrateg(y|ies)\b/,
    /\bbalanc(e|ed|ing)\b/,
    /\bimbalance/,
    /\bweights?\b/,
    /\bhash(es|ing)?\b/,
    /\bshare(s|d)?\b/,
    /\bround[- ]robin\b/,
  ],
  reply: (asked) => {
    const { readings, pool } = asked;
    const pools = pool === null ? readings.pools : [pool];
    const findings = findingsOf(asked, STRATEGY_RULES);
    return {
      texts: [
        ...pools.map((one) => ofStrategy(readings, one)),
        findings.length === 0 ? say`Nothing measured speaks against it.` : NOTHING,
      ].filter(({ text }) => text !== ''),
      findings,
    };
  },
};

function ofStrategy({ windowS }: Readings, pool: PoolReading): Told {
  const { learns, hashes } = pool.strategy;
  const all = counted('edgebalancer_upstream_requests_total', labelsOf(pool), poolAttempts(pool), windowS);
  const each = pool.backends
    .filter(({ recent }) => recent.attempts > 0)
    .map((one) => {
      const own = counted('edgebalancer_upstream_requests_total', labelsOf(pool, one), one.recent.attempts, windowS);
      return say`${name(one.id)} ${shareOf('share of the attempts', own, all)} (${citedMean(labelsOf(pool, one), [one.recent], windowS)})`;
    });
  const kind =
    hashes === null
      ? learns
        ? say`it learns how each backend does`
        : say`it does not look at how long backends take`
      : say`it hashes ${name(hashes)}`;
  return joined(
    say`${name(pool.name)} uses ${name(pool.strategy.name)}: ${kind}.`,
    each.length === 0 ? NOTHING : say`Shares, and mean times: ${listed(each, 8)}.`,
  );
}

export const whatIf: Topic = {
  name: 'what-if',
  example: 'What would happen without b?',
  words: [
    /\bwhat (would|if|happens)\b/,
    /\bwithout\b/,
    /\blos(e|es|ing)\b/,
    /\bremov(e|es|ing)\b/,
    /\bdrain(s|ed|ing)?\b/,
    /\btwice\b/,
    /\bdouble[sd]?\b/,
    /\btimes (the|as much|more)\b/,
    /\bsurviv/,
    /\bgoes (away|down)\b/,
    /\bdies\b/,
  ],
  reply: (asked) => {
    const { pool, backend, question } = asked;
    const more = timesIn(question);
    if (pool !== null && backend !== null) return withoutBackend(asked.readings, pool, backend);
    if (pool !== null && more !== null) return moreTraffic(asked, pool, more);
    return {
      texts: [
        say`Name a backend of a pool ("what would happen without ..."), or say how much more traffic ("twice the traffic").`,
      ],
      findings: findingsOf(asked, ['too-few-backends']),
    };
  },
};

/** How many times the traffic the question supposes; null: it does not. */
function timesIn(question: string): number | null {
  if (/\b(twice|double[sd]?)\b/.test(question)) return 2;
  const [, times] = /\b(\d+(?:\.\d+)?) ?(?:times|x)\b/.exec(question) ?? /\bx ?(\d+(?:\.\d+)?)\b/.exec(question) ?? [];
  return times === undefined ? null : Math.min(RATE_TIMES_MOST, Math.max(0.1, Number(times)));
}

function withoutBackend(readings: Readings, pool: PoolReading, backend: BackendReading): Reply {
  const { windowS } = readings;
  const others = pool.backends.filter((one) => one !== backend && isServing(one));
  const labels = labelsOf(pool, backend);
  const own = counted('edgebalancer_upstream_requests_total', labels, backend.recent.attempts, windowS);
  const all = counted('edgebalancer_upstream_requests_total', labelsOf(pool), poolAttempts(pool), windowS);
  const left = standing('backends up without it', labelsOf(pool), others.length, 'count', 'GET /admin/backends');
  const inFlight = pool.backends.reduce((sum, one) => sum + one.inFlight, 0);
  const now = standing('inFlight', labelsOf(pool), inFlight, 'count', 'GET /admin/backends');
  const room = workedOut('in flight that the others may have', others.length * pool.settings.limits.inFlight, 'count', [
    left,
    setting(`pools.${pool.name}.limits.inFlight`, pool.settings.limits.inFlight, 'count'),
  ]);
  const gets = say`${name(backend.id)} gets ${shareOf('share of the attempts', own, all)} of the attempts at ${name(pool.name)}.`;
  const known =
    others.length === 0
      ? say`It is the only one that is up: without it every request of the pool is refused.`
      : say`${left} others would share them. ${now} are in flight, and the others may have ${room}${inFlight > room.value ? say`: some would be refused` : NOTHING}.`;
  return {
    texts: [gets, known],
    findings: [],
    ...(others.length > 0 && {
      whatIf: {
        pool: pool.name,
        changes: [{ kind: 'without', backend: backend.id }],
        without: say`What that does to latency nobody can say here: there is no simulator at hand.`,
      },
    }),
  };
}

function moreTraffic({ readings }: Asked, pool: PoolReading, times: number): Reply {
  const { windowS } = readings;
  const factor = workedOut('as the question supposes', times, 'times', []);
  const attempts = counted('edgebalancer_upstream_requests_total', labelsOf(pool), poolAttempts(pool), windowS);
  const rate = workedOut('attempts a second', attempts.value / windowS, '/s', [attempts]);
  const busy = pool.backends.reduce((sum, { recent }) => sum + recent.sumMs, 0) / 1000 / windowS;
  // Little's law: what is in flight on average is the rate times the mean time.
  const inFlight = workedOut('in flight on average', busy, 'count', [attempts]);
  const then = workedOut('in flight then, were times the same', busy * times, 'count', [inFlight, factor]);
  const serving = pool.backends.filter(isServing).length;
  const room = workedOut('in flight that it may have', serving * pool.settings.limits.inFlight, 'count', [
    setting(`pools.${pool.name}.limits.inFlight`, pool.settings.limits.inFlight, 'count'),
  ]);
  return {
    texts: [
      say`${name(pool.name)} has ${rate} now, and ${inFlight} in flight on average; at ${factor} the traffic ${then} would be, did backends not slow down. Its limits allow ${room}.`,
    ],
    findings: [],
    whatIf: {
      pool: pool.name,
      changes: [{ kind: 'rate', times }],
      without: say`How much backends slow down nobody can say here: there is no simulator at hand.`,
    },
  };
}

export const cost: Topic = {
  name: 'cost',
  example: 'What does it cost?',
  words: [
    /\bcosts?\b/,
    /\bprices?\b/,
    /\bbill\b/,
    /\bmoney\b/,
    /\bexpensive\b/,
    /\bcheap(er)?\b/,
    /\bspend/,
    /\bover-?provisioned\b/,
  ],
  reply: (asked) => {
    const { cost: answer } = asked.readings;
    const findings = findingsOf(asked, ['over-provisioned']);
    if (answer === null)
      return { texts: [say`The estimate cannot be had: ${name('GET /admin/cost')} says why.`], findings };
    const labels = { currency: answer.currency };
    const money = (metric: string, value: number) => standing(metric, labels, value, 'money', 'GET /admin/cost');
    const { deployment, perMillionRequests } = answer;
    const items = answer.items
      .toSorted((a, b) => b.monthly - a.monthly)
      .map((item) => say`${name(item.name)} ${money('items.monthly', item.monthly)}`);
    return {
      texts: [
        joined(
          say`${money('monthly', answer.monthly)} a month on ${name(answer.platform)}.`,
          perMillionRequests === null
            ? NOTHING
            : say`A million requests cost ${money('perMillionRequests', perMillionRequests)}.`,
          deployment === null
            ? NOTHING
            : say`${standing('deployment.tasks', {}, deployment.tasks, 'count', 'GET /admin/cost')} tasks of ${standing('deployment.vcpu', {}, deployment.vcpu, 'count', 'GET /admin/cost')} vCPU.`,
        ),
        ...(items.length === 0 ? [] : [say`The largest parts: ${listed(items)}.`]),
      ],
      findings,
    };
  },
};
