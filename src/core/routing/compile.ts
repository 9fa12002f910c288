/**
 * Routes made ready for matching on bytes: every pattern is turned into bytes, numbers and masks once, when a plan is
 * published, so that a match compares and nothing more.
 */
import type { RoutePlan } from '../plan.ts';
import { compileHosts, type HostPattern } from './hosts.ts';

/** Numbers of methods as the codec gives them, and as metrics count them; 0 is any other. */
const METHODS = ['', 'GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE', 'CONNECT'];

const SLASH = 0x2f;

export interface CompiledRoute {
  /** The prefix without a closing slash, so empty for `/`; or the whole path of an exact route. */
  readonly path: Uint8Array;
  /** The same as a widest reading has it: decoded, without a closing slash. */
  readonly decodedPath: Uint8Array;
  readonly exact: boolean;
  /** How many segments the prefix has. */
  readonly depth: number;
  /** Bit n: method number n matches. -1: every method does. */
  readonly methodMask: number;
  /** Methods without a number, as bytes. */
  readonly otherMethods: readonly Uint8Array[];
  /** Null: any host. */
  readonly hosts: readonly HostPattern[] | null;
  /** Null: no header matters. */
  readonly headers: RoutePlan['match']['headers'] | null;
}

export function compileRoute(route: RoutePlan): CompiledRoute {
  const { match } = route;
  const path = match.exact ? match.path : match.path.replace(/\/+$/, '');
  const numbers = match.methods.map((method) => METHODS.indexOf(method));
  return {
    path: bytesOf(path),
    decodedPath: bytesOf(decoded(path.replace(/\/$/, ''))),
    exact: match.exact,
    depth: path.split('/').filter((segment) => segment !== '').length,
    methodMask:
      numbers.length === 0 ? -1 : numbers.reduce((mask, number) => (number > 0 ? mask | (1 << number) : mask), 0),
    otherMethods: match.methods.filter((method) => METHODS.indexOf(method) <= 0).map(bytesOf),
    hosts: match.hosts.length === 0 ? null : compileHosts(match.hosts),
    headers: match.headers.length === 0 ? null : match.headers,
  };
}

function decoded(path: string): string {
  return path.replaceAll(/%[0-9a-f]{2}/gi, (coded) => String.fromCharCode(Number.parseInt(coded.slice(1), 16)));
}

/** Whether all that `inner` matches lies below the prefix of `outer`, by pattern: `/a/b` in `/a`, `=/a` in `/a`. */
export function liesInside(inner: CompiledRoute, outer: CompiledRoute): boolean {
  const { path } = outer;
  if (outer.exact || inner.path.length < path.length) return false;
  for (let i = 0; i < path.length; i++) if (inner.path[i] !== path[i]) return false;
  if (inner.path.length === path.length) return inner.exact;
  return inner.path[path.length] === SLASH;
}

/** Patterns are ASCII once the configuration has encoded them. */
export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}
