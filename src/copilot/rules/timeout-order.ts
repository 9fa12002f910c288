/**
 * Timeouts that are in the wrong order, so that one of them can never do what it is for, or cuts off what another allows.
 *
 * Why: each of these works until the day it is needed, and then fails in a way that points elsewhere.
 * Conditions, all of them settings:
 * - A route's `perTry` is not below its `total`: there is never time for a second try.
 * - `connect` is not below `perTry`: a backend that cannot be reached uses up all of a try.
 * - `queueTimeout` is not below a route's `total`: requests wait in line until they are refused anyway.
 * - A listener's `idle` is at or below FRONT_IDLE_MS, the time after which AWS ALB and most other balancers in front close unused
 *   connections: then it is this side that closes first, and the front answers 502 for a request that met the closing.
 * Measured: kept connections to backends that were gone when they were used (STALE_MIN, STALE_SHARE): the pool's `idle` is above
 * the backends' own keep-alive time. Each costs a try; those that carry a body fail.
 * Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html (idle timeout)
 */
import { poolAttempts } from '../attempt-figures.ts';
import { counted, setting, shareOf } from '../cited.ts';
import type { Draft, Rule } from '../finding-draft.ts';
import { durationText, keys, poolKey } from '../proposals.ts';
import type { ListenerReading, PoolReading, Readings, RouteReading } from '../readings.ts';
import { name, say } from '../told.ts';

const FRONT_IDLE_MS = 60_000;
const FRONT_IDLE_TEXT = '75s';
const STALE_MIN = 10;
const STALE_SHARE = 0.01;

export const timeoutOrder: Rule = {
  name: 'timeout-order',
  summary: 'timeouts in the wrong order: one can never act, or cuts off what another allows',
  explains: [],
  check: ({ routes, pools, listeners }) => [
    ...routes.flatMap((route) =>
      ofRoute(
        route,
        pools.filter(({ name: pool }) => route.pools.includes(pool)),
      ),
    ),
    ...listeners.flatMap(ofListener),
  ],
};

export const staleConnections: Rule = {
  name: 'stale-connections',
  summary: 'kept connections are gone when they are used: backends close them sooner',
  explains: ['retry-amplification'],
  check: stale,
};

function ofRoute(route: RouteReading, pools: readonly PoolReading[]): Draft[] {
  const { totalMs, perTryMs } = route;
  const key = (timeout: string): string => `routes.${route.name}.timeouts.${timeout}`;
  const total = setting(key('total'), totalMs, 'ms');
  const perTry = setting(key('perTry'), perTryMs, 'ms');
  const place = { route: route.name };
  const drafts: Draft[] = [];
  const retried = pools.some(({ settings }) => settings.retry !== null && settings.retry.attempts > 0);
  if (totalMs > 0 && perTryMs >= totalMs && retried)
    drafts.push({
      severity: 'warning',
      place,
      title: say`One try of ${name(route.name)} may take as long as all of a request`,
      why: say`A try may take ${perTry} and the request ${total}: when a try times out, nothing is left for another.`,
      evidence: [perTry, total],
      recommendation: {
        says: say`Set ${name(key('perTry'))} to at most half of ${name(key('total'))}.`,
        change: keys({ path: ['routes', route.name, 'timeouts', 'perTry'], value: durationText(totalMs / 3) }),
      },
      touches: 0,
    });
  for (const { name: pool, settings } of pools) {
    const connect = setting(`pools.${pool}.timeouts.connect`, settings.timeouts.connectMs, 'ms');
    if (perTryMs > 0 && connect.value >= perTryMs)
      drafts.push({
        severity: 'advice',
        place: { pool, ...place },
        title: say`Connecting to ${name(pool)} may take as long as a whole try`,
        why: say`A connection may take ${connect}, a try of ${name(route.name)} ${perTry}: a backend that cannot be reached looks like one that is slow.`,
        evidence: [connect, perTry],
        recommendation: {
          says: say`Connections within a data centre stand within milliseconds: give them a third of a try.`,
          change: poolKey(pool, ['timeouts', 'connect'], durationText(perTryMs / 3)),
        },
        touches: 0,
      });
    const { queue, queueTimeoutMs } = settings.limits;
    const line = setting(`pools.${pool}.limits.queueTimeout`, queueTimeoutMs, 'ms');
    if (queue > 0 && totalMs > 0 && queueTimeoutMs >= totalMs)
      drafts.push({
        severity: 'advice',
        place: { pool, ...place },
        title: say`Requests may wait in line for ${name(pool)} until their time is over`,
        why: say`They may wait ${line} and have ${total} in all, so whoever waits to the end is refused anyway.`,
        evidence: [line, total],
        recommendation: {
          says: say`Let them wait for a fraction of it: a quick refusal is worth more than a late one.`,
          change: poolKey(pool, ['limits', 'queueTimeout'], durationText(totalMs / 10)),
        },
        touches: 0,
      });
  }
  return drafts;
}

function ofListener(listener: ListenerReading): Draft[] {
  if (listener.idleMs === 0 || listener.idleMs > FRONT_IDLE_MS) return [];
  const idle = setting(`listeners.${listener.name}.timeouts.idle`, listener.idleMs, 'ms');
  return [
    {
      severity: 'advice',
      place: { listener: listener.name },
      title: say`The listener ${name(listener.name)} closes unused connections before a balancer in front would`,
      why: say`It closes them after ${idle}. AWS ALB and most others keep theirs for a minute: a request that they send just then is lost, and answered with an error by them.`,
      evidence: [idle],
      recommendation: {
        says: say`Keep connections for longer than whatever is in front does. Without anything in front this may stay as it is.`,
        change: keys({ path: ['listeners', listener.name, 'timeouts', 'idle'], value: FRONT_IDLE_TEXT }),
      },
      touches: 0,
    },
  ];
}

function stale({ windowS, process, pools }: Readings): Draft[] {
  const again = counted('edgebalancer_stale_retries_total', {}, process.staleRetries, windowS);
  const attempts = counted(
    'edgebalancer_upstream_requests_total',
    {},
    pools.reduce((sum, pool) => sum + poolAttempts(pool), 0),
    windowS,
  );
  const share = shareOf('share of attempts that met a connection that was gone', again, attempts);
  if (again.value < STALE_MIN || share.value < STALE_SHARE) return [];
  const busiest = pools.toSorted((a, b) => poolAttempts(b) - poolAttempts(a))[0] as PoolReading;
  const { idleMs } = busiest.settings.timeouts;
  const idle = setting(`pools.${busiest.name}.timeouts.idle`, idleMs, 'ms');
  return [
    {
      severity: 'warning',
      place: { pool: busiest.name },
      title: say`Backends close unused connections before ${name(busiest.name)} does`,
      why: say`${again} attempts, ${share}, met a kept connection that was gone and had to be made again. Connections are kept for ${idle} here, and for less by the backends.`,
      evidence: [again, share, idle],
      recommendation: {
        says: say`Keep connections for less than the backends' own keep-alive time (Node keeps them for five seconds unless told otherwise), or raise theirs.`,
        change: poolKey(busiest.name, ['timeouts', 'idle'], durationText(Math.max(10, Math.min(idleMs / 2, 4000)))),
      },
      touches: share.value,
    },
  ];
}
