/**
 * Which route a request takes: the first, in the order of the configuration, whose every condition holds. Works on the bytes
 * of the head and allocates nothing.
 *
 * Paths: `/api` and `/api/` are the same prefix and match `/api`, `/api/` and `/api/x`, never `/apix` (as PathPrefix of the
 * Kubernetes Gateway API does). An exact path is compared byte by byte. An empty path, as in `OPTIONS *` and absolute
 * targets without one, counts as `/`. What can be read in several ways matches only where all readings agree: see
 * path-readings.ts.
 */
import type { RoutePlan } from '../plan.ts';
import { compileRoute, liesInside, type CompiledRoute } from './compile.ts';
import { RequestHost, type HostPattern } from './hosts.ts';
import { readsOneWay, WidestReading } from './path-readings.ts';
import { PathKeys, PatternKeys } from './prefix-keys.ts';

/** What a match needs to know of a request; offsets are into `buf`. */
export interface RouteQuery {
  readonly buf: Uint8Array;
  /** host[:port] in any letter case; empty when there is none. */
  readonly hostStart: number;
  readonly hostEnd: number;
  /** Without the query. */
  readonly pathStart: number;
  readonly pathEnd: number;
  /** Number of the method; 0: one without a number. */
  readonly method: number;
  readonly methodStart: number;
  readonly methodEnd: number;
  /** Value of a field; null when it is not there. Asked only when a route matches on headers. */
  header(nameLower: string): string | null;
}

const SLASH = 0x2f;
const ROOT = Uint8Array.of(SLASH);

export class Router {
  readonly #routes: readonly CompiledRoute[];
  readonly #keys: PatternKeys;
  readonly #decodedKeys: PatternKeys;
  /** Hash of the only host that a route takes; 0: it takes several, or any. */
  readonly #onlyHost: Int32Array;
  readonly #byHost: boolean;
  readonly #host = new RequestHost();
  readonly #path = new PathKeys();
  readonly #widest = new WidestReading();

  constructor(routes: readonly RoutePlan[]) {
    this.#routes = routes.map(compileRoute);
    this.#keys = new PatternKeys(this.#routes.map((route) => route.path));
    this.#decodedKeys = new PatternKeys(this.#routes.map((route) => route.decodedPath));
    this.#onlyHost = Int32Array.from(this.#routes, ({ hosts }) => (hosts?.length === 1 ? onlyHash(hosts[0]) : 0));
    this.#byHost = this.#routes.some((route) => route.hosts !== null);
  }

  /** Index of the route, or -1: none matches, or the path could be taken for another route's. */
  match(query: RouteQuery): number {
    const empty = query.pathEnd <= query.pathStart;
    const buf = empty ? ROOT : query.buf;
    const start = empty ? 0 : query.pathStart;
    const end = empty ? 1 : query.pathEnd;
    if (this.#byHost) this.#host.read(query.buf, query.hostStart, query.hostEnd);
    const found = this.#first(this.#keys, false, query, buf, start, end, this.#routes.length);
    if (found === -1 || readsOneWay(buf, start, end) || this.#readsAlike(found, query, start, end)) return found;
    return -1;
  }

  /** The first of the routes before `before` that takes `buf[start, end)`, by its pattern as written or `decoded`. */
  #first(
    keys: PatternKeys,
    decoded: boolean,
    query: RouteQuery,
    buf: Uint8Array,
    start: number,
    end: number,
    before: number,
  ): number {
    const path = this.#path;
    path.read(buf, start, end, keys.deepest);
    const present = path.depth;
    const actual = path.hash;
    const host = this.#byHost ? this.#host.hash : 0;
    const onlyHost = this.#onlyHost;
    const { depth, hash } = keys;
    for (let index = 0; index < before; index++) {
      const needed = depth[index] as number;
      if (needed > present || actual[needed] !== hash[index]) continue;
      if (onlyHost[index] !== 0 && onlyHost[index] !== host) continue;
      const route = this.#routes[index] as CompiledRoute;
      if (!hasPath(route, decoded ? route.decodedPath : route.path, buf, start, end)) continue;
      if (this.#admits(route, query)) return index;
    }
    return -1;
  }

  /** Every condition but the path. */
  #admits(route: CompiledRoute, query: RouteQuery): boolean {
    if (route.methodMask !== -1 && !hasMethod(route, query)) return false;
    if (route.hosts !== null && !this.#host.isOneOf(route.hosts)) return false;
    return route.headers === null || hasHeaders(route.headers, query);
  }

  /** Whether the path cannot be read so that an earlier route would get it, or that it would leave this one. */
  #readsAlike(found: number, query: RouteQuery, start: number, end: number): boolean {
    const widest = this.#widest;
    const routes = this.#routes;
    const own = routes[found] as CompiledRoute;
    widest.read(query.buf, start, end);
    if (widest.unbounded && (own.exact || widest.lowest < own.depth)) return false;
    if (!widest.unbounded) return this.#first(this.#decodedKeys, true, query, widest.buf, 0, widest.end, found) === -1;
    for (let index = 0; index < found; index++) {
      const earlier = routes[index] as CompiledRoute;
      if (liesInside(earlier, own) && this.#admits(earlier, query)) return false;
    }
    return true;
  }
}

/** Compared from the end: prefixes of one service differ there. */
function hasPath(route: CompiledRoute, path: Uint8Array, buf: Uint8Array, start: number, end: number): boolean {
  const after = start + path.length;
  if (after > end) return false;
  if (after < end && (route.exact || buf[after] !== SLASH)) return false;
  for (let i = path.length - 1; i > 0; i--) if (buf[start + i] !== path[i]) return false;
  return path.length === 0 || buf[start] === SLASH;
}

/** Wildcards have no hash that a request's host could have. */
function onlyHash(host: HostPattern): number {
  return host.wildcard ? 0 : host.hash;
}

function hasMethod(route: CompiledRoute, query: RouteQuery): boolean {
  if (query.method > 0) return (route.methodMask & (1 << query.method)) !== 0;
  const { buf, methodStart } = query;
  const length = query.methodEnd - methodStart;
  for (const method of route.otherMethods) {
    if (method.length !== length) continue;
    let at = 0;
    while (at < length && buf[methodStart + at] === method[at]) at++;
    if (at === length) return true;
  }
  return false;
}

function hasHeaders(headers: RoutePlan['match']['headers'], query: RouteQuery): boolean {
  for (const { name, value } of headers) {
    const found = query.header(name);
    if (found === null || (value !== null && found !== value)) return false;
  }
  return true;
}
