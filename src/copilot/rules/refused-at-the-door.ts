/**
 * Requests and connections that are refused before any backend is asked: a rate limit, a listener that is full, a process with more
 * to do than it can, and paths that no route knows.
 *
 * Why: clients see errors while every backend is well, so nobody finds the cause at the backends.
 * Conditions: each has its own least count and share. A rate limit is there to refuse some clients now and then: only from
 * LIMITED_SHARE of what it judged on is it told of. Shedding is told of from the first on, since it means that this process itself
 * is out of time or memory.
 */
import { counted, setting, shareOf, workedOut } from '../cited.ts';
import type { Draft, Rule } from '../finding-draft.ts';
import { keys } from '../proposals.ts';
import type { ListenerReading, RateLimitReading, Readings } from '../readings.ts';
import { name, say } from '../told.ts';

const LIMITED_MIN = 10;
const LIMITED_SHARE = 0.1;
const CONNECTIONS_MIN = 5;
const UNROUTED_MIN = 20;
const UNROUTED_SHARE = 0.1;
const RATE_MAX = 10_000_000;

export const rateLimited: Rule = {
  name: 'rate-limited',
  summary: 'a rate limit refuses many of the requests that it judges',
  explains: [],
  check: (readings) => readings.rateLimits.flatMap((limit) => ofLimit(readings, limit)),
};

export const connectionsFull: Rule = {
  name: 'connections-full',
  summary: 'a listener refuses connections for want of room',
  explains: [],
  check: (readings) => readings.listeners.flatMap((listener) => ofListener(readings, listener)),
};

export const shedding: Rule = {
  name: 'shedding',
  summary: 'the process refuses requests since it has no time or memory left',
  explains: [
    'slow-pool',
    'brown-out',
    'connections-full',
    'cut-off',
    'failing-pool',
    'failing-backend',
    'retry-amplification',
  ],
  check: ofProcess,
};

export const unrouted: Rule = {
  name: 'unrouted',
  summary: 'many requests match no route',
  explains: [],
  check: ofRoutes,
};

function ofLimit({ windowS, process }: Readings, limit: RateLimitReading): Draft[] {
  const labels = { policy: limit.name };
  const limited = counted('edgebalancer_rate_limited_total', labels, limit.limited, windowS);
  const judged = workedOut('requests that it judged', limit.limited + limit.allowed, 'count', [limited]);
  const share = shareOf('share of requests refused', limited, judged);
  if (limit.limited < LIMITED_MIN || share.value < LIMITED_SHARE) return [];
  const rate = setting(`rateLimits.${limit.name}.rate`, limit.perSecond, '/s');
  const wanted = Math.min(RATE_MAX, Math.ceil(limit.perSecond / Math.max(0.1, 1 - share.value)));
  return [
    {
      severity: 'warning',
      place: { rateLimit: limit.name },
      title: say`The rate limit ${name(limit.name)} refuses ${share} of the requests that it judges`,
      why: say`${limited} requests were told that they are too many, while backends had room for them. It allows ${rate} to each ${name(limit.key)}.`,
      evidence: [limited, share, rate],
      recommendation: {
        says: say`Where these are clients that are welcome, raise the rate; look at who they are first. Behind a proxy that is not in ${name('trustedProxies')}, all clients are one address.`,
        change: keys({ path: ['rateLimits', limit.name, 'rate'], value: `${wanted}/s` }),
      },
      touches: process.requests === 0 ? 0 : limit.limited / process.requests,
    },
  ];
}

function ofListener({ windowS }: Readings, listener: ListenerReading): Draft[] {
  const { refused, accepted } = listener;
  if (refused < CONNECTIONS_MIN) return [];
  const labels = { listener: listener.name };
  const no = counted('edgebalancer_accepts_total', { ...labels, result: 'refused' }, refused, windowS);
  const yes = counted('edgebalancer_accepts_total', { ...labels, result: 'accepted' }, accepted, windowS);
  const limit = setting(`listeners.${listener.name}.limits.connections`, listener.connections, 'count');
  return [
    {
      severity: 'critical',
      place: { listener: listener.name },
      title: say`The listener ${name(listener.name)} refuses connections`,
      why: say`${no} connections were closed at once and ${yes} were taken, because ${limit} may be open at a time.`,
      evidence: [no, yes, limit],
      recommendation: {
        says: say`Raise the limit where memory allows it (each takes a few KiB), or end idle connections sooner.`,
        change: keys({ path: ['listeners', listener.name, 'limits', 'connections'], value: listener.connections * 2 }),
      },
      touches: refused / (refused + accepted),
    },
  ];
}

function ofProcess({ windowS, process, overview, cost }: Readings): Draft[] {
  const metric = 'edgebalancer_overload_rejected_total';
  const lag = counted(metric, { reason: 'event-loop-lag' }, process.shedLag, windowS);
  const memory = counted(metric, { reason: 'memory' }, process.shedMemory, windowS);
  const all = lag.value + memory.value;
  if (all === 0) return [];
  const workers = workedOut('workers', overview.workers.length, 'count', []);
  const tasks = cost?.deployment?.tasks;
  return [
    {
      severity: 'critical',
      place: {},
      title: say`EdgeBalancer itself has more to do than it can`,
      why: say`${lag} requests were refused because its event loops were late, ${memory} because memory ran out. It has ${workers} workers.`,
      evidence: [lag, memory, workers],
      recommendation: { says: say`Give it more CPU or memory, or another replica.`, change: null },
      touches: process.requests === 0 ? 1 : Math.min(1, all / process.requests),
      ...(tasks !== undefined && { supposes: { tasks: tasks + 1 } }),
    },
  ];
}

function ofRoutes({ windowS, process }: Readings): Draft[] {
  const none = counted('edgebalancer_requests_total', { route: '_none' }, process.unrouted, windowS);
  const all = counted('edgebalancer_requests_total', {}, process.requests, windowS);
  const share = shareOf('share of requests without a route', none, all);
  if (none.value < UNROUTED_MIN || share.value < UNROUTED_SHARE) return [];
  return [
    {
      severity: 'warning',
      place: {},
      title: say`${share} of the requests match no route`,
      why: say`${none} of ${all} requests were answered that there is nothing, and no backend was asked.`,
      evidence: [share, none, all],
      recommendation: {
        says: say`The access log has their paths. Add a route, or look for a route whose path was changed.`,
        change: null,
      },
      touches: share.value,
    },
  ];
}
