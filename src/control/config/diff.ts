/** What a new plan changes, one readable line each: for logs of reloads, and for a look before a change is made. */
import type { HeaderEdits, Plan, PoolPlan, RoutePlan } from '#core/plan.ts';
import { formatPath, type Path } from './problem.ts';
import { HIDDEN, hideInUrl, isSecretField } from './redaction.ts';
import type { Config } from './schema.ts';
import { WrittenReferences } from './written-references.ts';

/** A value that is compared and never shown. */
class Secret {
  readonly value: unknown;

  constructor(value: unknown) {
    this.value = value;
  }
}

const NOTHING_WRITTEN = new WrittenReferences([], {});

/** Lines such as `pools.app.backends.b.weight: 1 -> 2`, `routes.api: added`; none when nothing changed. What `written` holds is shown as written. */
export function diffPlans(before: Plan, after: Plan, written = NOTHING_WRITTEN): string[] {
  const lines = diff(viewOf(before), viewOf(after), [], written);
  const order = after.routes.map(({ name }) => name);
  const kept = before.routes.map(({ name }) => name).filter((name) => order.includes(name));
  const now = order.filter((name) => kept.includes(name));
  if (kept.join('\n') !== now.join('\n'))
    lines.push(`routes: order is now ${order.map((name) => written.hideParts(name)).join(', ')}`);
  return lines;
}

/** The same for what the configuration says and the plan does not hold. */
export function diffSettings(before: Config, after: Config, written = NOTHING_WRITTEN): string[] {
  return diff(settingsOf(before), settingsOf(after), [], written);
}

function settingsOf({ state, admin, log, tracing, cost, copilot }: Config): Record<string, unknown> {
  const token = ({ role, hash }: (typeof admin.tokens)[number]) => ({ role, hash: new Secret(hash) });
  const tokens = byName(admin.tokens, ({ name }) => name, token);
  const headers = Object.fromEntries(
    Object.entries(tracing.headers).map(([name, value]) => [name, new Secret(value)] as const),
  );
  return {
    state,
    admin: { ...admin, tokens },
    log: { level: log.level },
    tracing: { ...tracing, headers },
    cost,
    copilot,
  };
}

/** The plan by names instead of positions, without what only memory needs. */
function viewOf(plan: Plan): Record<string, unknown> {
  const { workers, engine, listeners, routes, pools, rateLimits, overload, accessLog, requests } = plan;
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
    log: { access: accessLog },
    requests,
  };
}

function routeView(route: RoutePlan, { pools, rateLimits }: Plan): Record<string, unknown> {
  const { path, exact, ...match } = route.match;
  return {
    ...omit(route, ['name', 'row']),
    match: { ...match, headers: match.headers.map(hideMatch), path: exact ? `=${path}` : path },
    headers: { request: hideEdits(route.headers.request), response: hideEdits(route.headers.response) },
    rateLimits: route.rateLimits.map((at) => rateLimits[at]?.name ?? ''),
    split: Object.fromEntries(route.split.map(({ pool, weight }) => [pools[pool]?.name ?? '', weight])),
  };
}

function hideEdits({ remove, set, add }: HeaderEdits): Record<string, unknown> {
  const hide = ([name, value]: readonly [string, string]) => [name, isSecretField(name) ? new Secret(value) : value];
  return { remove, set: set.map(hide), add: add.map(hide) };
}

function hideMatch({ name, value }: RoutePlan['match']['headers'][number]): unknown {
  return { name, value: value !== null && isSecretField(name) ? new Secret(value) : value };
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

function diff(before: unknown, after: unknown, path: Path, written: WrittenReferences): string[] {
  if (isMapping(before) && isMapping(after)) {
    const keys = [...Object.keys(before), ...Object.keys(after).filter((key) => !Object.hasOwn(before, key))];
    return keys.flatMap((key) => {
      const own = [...path, key];
      if (!Object.hasOwn(after, key)) return [`${labelOf(own, written)}: removed`];
      if (!Object.hasOwn(before, key)) return [`${labelOf(own, written)}: added${summary(after[key], own, written)}`];
      return diff(before[key], after[key], own, written);
    });
  }
  if (whole(before) === whole(after)) return [];
  const [was, is] = [shown(before, path, written), shown(after, path, written)];
  return [`${labelOf(path, written)}: ${was === is ? `${is} (changed where it is not shown)` : `${was} -> ${is}`}`];
}

function labelOf(path: Path, written: WrittenReferences): string {
  return formatPath(path.map((step, at) => (typeof step === 'string' && at > 0 ? written.hideParts(step) : step)));
}

const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Secret);

function whole(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) => (one instanceof Secret ? one.value : one)) ?? '';
}

function shown(value: unknown, path: Path, written: WrittenReferences): string {
  const section = String(path[0]);
  const hidden = (_: string, one: unknown): unknown => {
    if (one instanceof Secret) return HIDDEN;
    const open = written.hide(one, section);
    return typeof open === 'string' ? hideInUrl(open) : open;
  };
  const one = hidden('', value);
  return typeof one === 'string' ? one : JSON.stringify(value, hidden);
}

/** What is new needs no page: a backend is its URL, a single value itself. */
function summary(value: unknown, path: Path, written: WrittenReferences): string {
  if (!isMapping(value)) return ` (${shown(value, path, written)})`;
  return typeof value.url === 'string' ? ` (${shown(value.url, path, written)})` : '';
}
