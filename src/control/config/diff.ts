/** What a new plan changes, one readable line each: for logs of reloads, and for a look before a change is made. */
import type { Plan, PoolPlan, RoutePlan } from '#core/plan.ts';
import { formatPath, type Path } from './problem.ts';

/** Lines such as `pools.app.backends.b.weight: 1 -> 2`, `routes.api: added`; none when nothing changed. */
export function diffPlans(before: Plan, after: Plan): string[] {
  const lines = diff(viewOf(before), viewOf(after), []);
  const order = after.routes.map(({ name }) => name);
  const kept = before.routes.map(({ name }) => name).filter((name) => order.includes(name));
  const now = order.filter((name) => kept.includes(name));
  if (kept.join('\n') !== now.join('\n')) lines.push(`routes: order is now ${order.join(', ')}`);
  return lines;
}

/** The plan by names instead of positions, without what only memory needs. */
function viewOf(plan: Plan): Record<string, unknown> {
  const { workers, engine, listeners, routes, pools, rateLimits, overload, accessLog } = plan;
  return {
    workers,
    engine,
    listeners: byName(
      listeners,
      ({ name }) => name,
      (listener) => omit(listener, ['name']),
    ),
    routes: byName(
      routes,
      ({ name }) => name,
      (route) => routeView(route, plan),
    ),
    pools: byName(pools, ({ name }) => name, poolView),
    rateLimits: byName(
      rateLimits,
      ({ name }) => name,
      (limit) => omit(limit, ['name', 'row']),
    ),
    overload,
    'log.access': accessLog,
  };
}

function routeView(route: RoutePlan, { pools, rateLimits }: Plan): Record<string, unknown> {
  const { path, exact, ...match } = route.match;
  return {
    ...omit(route, ['name', 'row']),
    match: { ...match, path: exact ? `=${path}` : path },
    rateLimits: route.rateLimits.map((at) => rateLimits[at]?.name ?? ''),
    split: Object.fromEntries(route.split.map(({ pool, weight }) => [pools[pool]?.name ?? '', weight])),
  };
}

function poolView(pool: PoolPlan): Record<string, unknown> {
  return {
    ...omit(pool, ['name', 'row']),
    backends: byName(
      pool.backends,
      ({ id }) => id,
      (backend) => omit(backend, ['id', 'slot', 'authority', 'address']),
    ),
  };
}

function byName<T>(
  list: readonly T[],
  nameOf: (item: T) => string,
  view: (item: T) => unknown,
): Record<string, unknown> {
  return Object.fromEntries(list.map((item) => [nameOf(item), view(item)]));
}

function omit(value: object, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key)));
}

function diff(before: unknown, after: unknown, path: Path): string[] {
  if (isMapping(before) && isMapping(after)) {
    const keys = [...Object.keys(before), ...Object.keys(after).filter((key) => !Object.hasOwn(before, key))];
    return keys.flatMap((key) => {
      const own = [...path, key];
      if (!Object.hasOwn(after, key)) return [`${formatPath(own)}: removed`];
      if (!Object.hasOwn(before, key)) return [`${formatPath(own)}: added${summary(after[key])}`];
      return diff(before[key], after[key], own);
    });
  }
  return shown(before) === shown(after) ? [] : [`${formatPath(path)}: ${shown(before)} -> ${shown(after)}`];
}

const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function shown(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** What is new needs no page: a backend is its URL, a single value itself. */
function summary(value: unknown): string {
  if (!isMapping(value)) return ` (${shown(value)})`;
  return typeof value.url === 'string' ? ` (${value.url})` : '';
}
