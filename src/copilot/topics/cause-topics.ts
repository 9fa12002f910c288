/** Questions about why: latency, errors, retries, refusals, timeouts and probes. */
import type { Told } from '#contract/copilot.ts';
import { citedFailureShare, citedMean, labelsOf, meanOf, poolAttempts } from '../attempt-figures.ts';
import { counted, setting, shareOf, standing } from '../cited.ts';
import type { PoolReading, Readings, RouteReading } from '../readings.ts';
import { joined, listed, name, NOTHING, say } from '../told.ts';
import { findingsOf, type Asked, type Topic } from '../topic.ts';

const SLOW_RULES = [
  'brown-out',
  'slow-pool',
  'wrong-strategy',
  'overweight',
  'hot-key',
  'saturated',
  'cut-off',
  'shedding',
  'flapping-backend',
  'wasted-hedges',
  'stale-connections',
  'failing-backend',
  'retry-amplification',
  'imbalance',
];
const ERROR_RULES = [
  'failing-backend',
  'failing-pool',
  'pool-down',
  'backend-down',
  'wrong-probe',
  'tier-down',
  'flapping-backend',
  'cut-off',
  'saturated',
  'rate-limited',
  'connections-full',
  'shedding',
  'unrouted',
  'panic',
  'worker-restarts',
  'unwatched',
];
const LIMIT_RULES = ['saturated', 'rate-limited', 'connections-full', 'shedding', 'too-few-backends'];
const CLASS_5XX = 4;

const poolsOf = ({ readings, pool }: Asked): readonly PoolReading[] => (pool === null ? readings.pools : [pool]);

export const latency: Topic = {
  name: 'latency',
  example: 'Why is p99 high?',
  words: [
    /\bp(50|90|95|99(9|\.9)?)\b/,
    /\bslow(er|est|ness)?\b/,
    /\blatency\b/,
    /\blatencies\b/,
    /\btail\b/,
    /\bresponse times?\b/,
    /\btake so long\b/,
    /\bquick|fast\b/,
  ],
  reply: (asked) => {
    const findings = findingsOf(asked, SLOW_RULES);
    const texts = [routeTimes(asked), ...poolsOf(asked).map((pool) => slowest(asked.readings, pool))];
    const end =
      findings.length === 0
        ? say`No rule finds a cause: no backend is much slower than its peers, nothing waits, and nothing is slower than it was.`
        : NOTHING;
    return { texts: [...texts, end].filter(({ text }) => text !== ''), findings };
  },
};

function routesOf({ readings, pool }: Asked): readonly RouteReading[] {
  const routes = readings.routes.filter(({ requests }) => requests > 0);
  return pool === null ? routes : routes.filter(({ pools }) => pools.includes(pool.name));
}

function routeTimes(asked: Asked): Told {
  const { windowS } = asked.readings;
  const timed = routesOf(asked).filter(({ latency: known }) => known !== null);
  const each = timed
    .toSorted((a, b) => (b.latency?.p99Ms ?? 0) - (a.latency?.p99Ms ?? 0))
    .map((route) => {
      const labels = { route: route.name };
      const quantile = (which: string, ms: number) =>
        counted(`edgebalancer_request_duration_seconds ${which}`, labels, ms, windowS, 'ms');
      return say`${name(route.name)} p50 ${quantile('p50', route.latency?.p50Ms ?? 0)}, p99 ${quantile('p99', route.latency?.p99Ms ?? 0)}`;
    });
  return each.length === 0 ? say`No request has ended in the window.` : say`By route: ${listed(each)}.`;
}

function slowest({ windowS }: Readings, pool: PoolReading): Told {
  const heard = pool.backends
    .filter(({ recent }) => recent.attempts > 0)
    .toSorted((a, b) => meanOf([b.recent]) - meanOf([a.recent]));
  const [slow, fast] = [heard[0], heard.at(-1)];
  if (slow === undefined || fast === undefined || slow === fast) return NOTHING;
  return say`In ${name(pool.name)} the slowest backend is ${name(slow.id)} with ${citedMean(labelsOf(pool, slow), [slow.recent], windowS)} on average, the fastest ${name(fast.id)} with ${citedMean(labelsOf(pool, fast), [fast.recent], windowS)}.`;
}

export const errors: Topic = {
  name: 'errors',
  example: 'Where do the errors come from?',
  words: [
    /\berrors?\b/,
    /\bfail(s|ed|ing|ures?)?\b/,
    /\b5\d\d\b/,
    /\b5xx\b/,
    /\b4xx\b/,
    /\brefus/,
    /\bbroken\b/,
    /\boutage\b/,
  ],
  reply: (asked) => {
    const { readings } = asked;
    const { windowS } = readings;
    const each = routesOf(asked).map((route) => {
      const all = counted('edgebalancer_requests_total', { route: route.name }, route.requests, windowS);
      const bad = counted(
        'edgebalancer_requests_total',
        { route: route.name, status: '5xx' },
        route.statusClasses[CLASS_5XX] ?? 0,
        windowS,
      );
      return say`${name(route.name)} ${shareOf('share of requests answered with a server error', bad, all)} of ${all}`;
    });
    const pools = poolsOf(asked)
      .filter((pool) => poolAttempts(pool) > 0)
      .map(
        (pool) =>
          say`${name(pool.name)} ${citedFailureShare(
            labelsOf(pool),
            pool.backends.map(({ recent }) => recent),
            windowS,
          )}`,
      );
    return {
      texts: [
        each.length === 0
          ? say`No request has ended in the window.`
          : say`Requests answered with a server error, by route: ${listed(each)}.`,
        ...(pools.length === 0 ? [] : [say`Attempts at backends that failed, by pool: ${listed(pools)}.`]),
      ],
      findings: findingsOf(asked, ERROR_RULES),
    };
  },
};

export const retries: Topic = {
  name: 'retries',
  example: 'Are there too many retries?',
  words: [/\bretr(y|ies|ied)\b/, /\bfailovers?\b/, /\bhedg(e|es|ing)\b/, /\bbudget\b/, /\bamplif/],
  reply: (asked) => {
    const { windowS } = asked.readings;
    const texts = poolsOf(asked).map((pool) => {
      const labels = labelsOf(pool);
      const { retry } = pool.settings;
      const { retries: again, failovers, budgetExhausted } = pool.recent;
      return joined(
        say`${name(pool.name)}: ${counted('edgebalancer_retries_total', labels, again, windowS)} attempts made again, ${counted('edgebalancer_failovers_total', labels, failovers, windowS)} of the requests saved by another backend, ${counted('edgebalancer_retry_budget_exhausted_total', labels, budgetExhausted, windowS)} refused for want of budget.`,
        retry === null
          ? say`Retries are off.`
          : say`The budget is ${setting(`pools.${pool.name}.retry.budget.share`, retry.budgetShare, 'share')} of first attempts.`,
      );
    });
    return {
      texts,
      findings: findingsOf(asked, ['retry-amplification', 'retry-risk', 'stale-connections', 'wasted-hedges']),
    };
  },
};

export const limits: Topic = {
  name: 'limits',
  example: 'Are limits reached?',
  words: [
    /\blimit(s|ed|ing)?\b/,
    /\bqueue(s|d)?\b/,
    /\bfull\b/,
    /\bsaturat/,
    /\bcapacity\b/,
    /\b429\b/,
    /\boverload/,
    /\bshed/,
    /\bwait(s|ing)?\b/,
  ],
  reply: (asked) => {
    const { windowS, rateLimits } = asked.readings;
    const texts = poolsOf(asked).map((pool) => {
      const { settings, recent } = pool;
      const most = Math.max(0, ...pool.backends.map(({ inFlight }) => inFlight));
      const refused = recent.backendsFull + recent.queueFull + recent.queueTimeouts + recent.concurrencyLimited;
      return say`${name(pool.name)}: at most ${standing('inFlight', labelsOf(pool), most, 'count', 'GET /admin/backends')} in flight at a backend, of ${setting(`pools.${pool.name}.limits.inFlight`, settings.limits.inFlight, 'count')} that it may have; ${standing('edgebalancer_queue_length', labelsOf(pool), pool.waiting, 'count', 'GET /metrics')} wait; ${counted('edgebalancer_overload_rejected_total', labelsOf(pool), refused, windowS)} were refused.`;
    });
    const each = rateLimits.map(
      (limit) =>
        say`${name(limit.name)} refused ${counted('edgebalancer_rate_limited_total', { policy: limit.name }, limit.limited, windowS)}`,
    );
    return {
      texts: [...texts, each.length === 0 ? say`There are no rate limits.` : say`Rate limits: ${listed(each)}.`],
      findings: findingsOf(asked, LIMIT_RULES),
    };
  },
};

export const timeouts: Topic = {
  name: 'timeouts',
  example: 'Are the timeouts right?',
  words: [/\btime-?outs?\b/, /\btimed? out\b/, /\bkeep-?alive\b/, /\bidle\b/],
  reply: (asked) => {
    const each = routesOf(asked).map(
      ({ name: route, totalMs, perTryMs }) =>
        say`${name(route)} ${setting(`routes.${route}.timeouts.total`, totalMs, 'ms')} in all and ${setting(`routes.${route}.timeouts.perTry`, perTryMs, 'ms')} for a try`,
    );
    const findings = findingsOf(asked, ['timeout-order', 'cut-off', 'stale-connections']);
    return {
      texts: [
        ...(each.length === 0 ? [] : [say`Requests may take: ${listed(each)}.`]),
        ...(findings.length === 0
          ? [say`No timeout is in the wrong order, and none cuts off what most backends need.`]
          : []),
      ],
      findings,
    };
  },
};

export const probes: Topic = {
  name: 'probes',
  example: 'Are the health checks right?',
  words: [/\bprob(e|es|ing)\b/, /\bhealth ?checks?\b/, /\bhealthz\b/, /\bdetect/],
  reply: (asked) => {
    const texts = poolsOf(asked).map((pool) => {
      const { health } = pool.settings;
      if (health === null) return say`Nothing probes ${name(pool.name)}.`;
      const key = (path: string): string => `pools.${pool.name}.health.${path}`;
      return say`${name(pool.name)} is probed every ${setting(key('interval'), health.intervalMs, 'ms')}, and ${setting(key('unhealthyAfter'), health.unhealthyAfter, 'count')} failed probes in a row take a backend out.`;
    });
    return {
      texts,
      findings: findingsOf(asked, ['wrong-probe', 'slow-probes', 'eager-probes', 'unwatched', 'flapping-backend']),
    };
  },
};
