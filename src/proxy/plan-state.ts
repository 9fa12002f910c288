/** A plan made ready for one worker: routes compiled, pools with their strategies, listeners with what their clients get. */
import type { BackendPlan, ListenerPlan, Plan, PoolPlan, RoutePlan } from '#core/plan.ts';
import { Router, type RouteQuery } from '#core/routing/match.ts';
import { chooseSplit } from '#core/routing/split.ts';
import { Members } from '#core/balancing/members.ts';
import { Selector } from '#core/balancing/selector.ts';
import { Answers } from '#core/health/answers.ts';
import { Circuits, type OnCircuit } from '#core/health/circuits.ts';
import { HalfSipHash } from '#core/math/half-sip-hash.ts';
import type { RateLimitPlan } from '#core/plan-failures.ts';
import type { Random } from '#core/ports.ts';
import { strategyByName } from '#core/strategies/index.ts';
import type { Strategy, StrategyDefinition } from '#core/strategy.ts';
import type { HeadLimits } from '#http1/head.ts';
import type { RequestHead } from '#http1/request-head.ts';
import { listenerRows } from '#memory/listener-table.ts';
import type { Tables } from '#memory/tables.ts';
import type { UsageRow } from '#memory/usage-table.ts';
import type { Recorder } from '#observe/recorder.ts';
import { Backend } from './backend.ts';
import { prepareEdits, type PreparedEdits } from './header-edits.ts';
import { Pool } from './pool.ts';
import { PoolLoad } from './pool-load.ts';
import { fieldValue } from './request-key.ts';
import { LIMIT_FIELDS, RouteLimits, hashIdentity } from './rate-limits.ts';
import type { ClientFacts, RequestTarget } from './request-writer.ts';
import { TrustedProxies } from './trusted-proxies.ts';

const SLASH = 0x2f;

export class ListenerState {
  readonly plan: ListenerPlan;
  /** Its row in the tables. */
  readonly row: number;
  readonly headLimits: HeadLimits;
  readonly #trusted: TrustedProxies;
  readonly #hash: HalfSipHash;

  constructor(plan: ListenerPlan, row: number, hash: HalfSipHash) {
    this.plan = plan;
    this.row = row;
    this.#hash = hash;
    const { headerBytes, headerCount, targetBytes } = plan.limits;
    this.headLimits = { headerBytes, headerCount, targetBytes };
    this.#trusted = new TrustedProxies(plan.trustedProxies);
  }

  /** Whether a peer's PROXY header is believed. Nobody but this machine connects to a unix socket. */
  believesProxyHeader(remoteAddress: string): boolean {
    return this.plan.address.kind === 'unix' || this.#trusted.trusts(remoteAddress);
  }

  /** What heads say about a client with this address; made once per connection. */
  factsOf(remoteAddress: string): ClientFacts {
    const address = remoteAddress === '' ? 'unknown' : remoteAddress;
    const scheme = this.plan.tls === null ? HTTP : HTTPS;
    const lines = `x-forwarded-for: ${address}\r\nx-forwarded-proto: ${scheme.toString()}\r\nvia: 1.1 edgebalancer\r\n`;
    const trusted = this.#trusted.trusts(remoteAddress);
    hashIdentity(this.#hash, address);
    return {
      trusted,
      forwardedLines: Buffer.from(lines, 'latin1'),
      address: Buffer.from(address, 'latin1'),
      scheme,
      secure: this.plan.tls !== null,
      identityLow: this.#hash.low,
      identityHigh: this.#hash.high,
      proxies: trusted ? this.#trusted : null,
    };
  }
}

/** For requests that name their host themselves. */
const NO_AUTHORITY = Buffer.alloc(0);
const HTTP = Buffer.from('http', 'latin1');
const HTTPS = Buffer.from('https', 'latin1');

export class RouteState {
  readonly plan: RoutePlan;
  /** Its path as the configuration says it, with `*` for what may follow. */
  readonly pattern: string;
  /** Null: its requests meet no limit by rate. */
  readonly limits: RouteLimits | null;
  readonly responseEdits: PreparedEdits;
  readonly #pools: readonly Pool[];
  /** The one pool of a route that is not split. */
  readonly #only: Pool | null;
  /** What is taken off the front of paths; empty: nothing. */
  readonly strip: string;
  readonly #strip: Buffer;
  readonly #target: { stripBytes: number; authority: Buffer; readonly edits: PreparedEdits };

  constructor(plan: RoutePlan, pools: readonly Pool[], limits: RouteLimits | null) {
    this.plan = plan;
    this.pattern = plan.match.exact ? plan.match.path : `${plan.match.path.replace(/\/$/, '')}/*`;
    this.limits = limits;
    this.#pools = pools;
    this.#only = plan.split.length === 1 ? (pools[plan.split[0]!.pool] as Pool) : null;
    this.strip = plan.stripPrefix.replace(/\/$/, '');
    this.#strip = Buffer.from(this.strip, 'latin1');
    this.#target = { stripBytes: 0, authority: Buffer.alloc(0), edits: prepareEdits(plan.headers.request) };
    // A limited route's answers say how its own limits stand, not a backend's.
    const { response } = plan.headers;
    this.responseEdits = prepareEdits(
      limits === null ? response : { ...response, remove: [...response.remove, ...LIMIT_FIELDS] },
    );
  }

  choosePool(): Pool {
    if (this.#only !== null) return this.#only;
    return this.#pools[chooseSplit(this.plan.split, Math.random())] as Pool;
  }

  /** How a request looks to `backend`, or to whichever it will be. The same object each time: use it before the next call. */
  targetFor(backend: Backend | null, buf: Buffer, head: RequestHead): RequestTarget {
    this.#target.authority = backend === null ? NO_AUTHORITY : backend.authority;
    this.#target.stripBytes = this.#strip.length > 0 && this.#hasPrefix(buf, head) ? this.#strip.length : 0;
    return this.#target;
  }

  #hasPrefix(buf: Buffer, head: RequestHead): boolean {
    const strip = this.#strip;
    const after = head.pathStart + strip.length;
    if (after > head.pathEnd || (after < head.pathEnd && buf[after] !== SLASH)) return false;
    for (let i = 0; i < strip.length; i++) if (buf[head.pathStart + i] !== strip[i]) return false;
    return true;
  }
}

/** Routes ask for a request by this view of the head that was just parsed; one per worker, refilled each time. */
class HeadQuery implements RouteQuery {
  buf: Buffer = Buffer.alloc(0);
  hostStart = 0;
  hostEnd = 0;
  pathStart = 0;
  pathEnd = 0;
  method = 0;
  methodStart = 0;
  methodEnd = 0;
  #head: RequestHead | null = null;

  fill(buf: Buffer, head: RequestHead): this {
    this.buf = buf;
    this.#head = head;
    this.hostStart = head.authorityStart;
    this.hostEnd = head.authorityEnd;
    this.pathStart = head.pathStart;
    this.pathEnd = head.pathEnd;
    this.method = head.method;
    this.methodStart = head.methodStart;
    this.methodEnd = head.methodEnd;
    return this;
  }

  header(name: string): string | null {
    return fieldValue(this.buf, this.#head as RequestHead, name);
  }
}

/** What pools say while they serve. */
export interface PoolPorts {
  readonly recorder: Recorder;
  readonly onCircuit: OnCircuit;
  readonly onPanic: (pool: PoolPlan, panic: boolean) => void;
  /** A backend may have room for a request in line. */
  readonly onRoom: (load: PoolLoad) => void;
  /** What picks draw from; `Math.random` when left out. */
  readonly random?: Random;
}

export class PlanState {
  readonly plan: Plan;
  readonly listeners: ReadonlyMap<string, ListenerState>;
  readonly pools: readonly Pool[];
  readonly routes: readonly RouteState[];
  /** By slot. */
  readonly backends: ReadonlyMap<number, Backend>;
  readonly #router: Router;
  readonly #query = new HeadQuery();

  constructor(plan: Plan, tables: Tables, worker: number, before: PlanState | null, ports: PoolPorts) {
    this.plan = plan;
    const hash = new HalfSipHash(tables.buckets.hashKey[0] as number, tables.buckets.hashKey[1] as number);
    const rows = listenerRows(plan.listeners);
    this.listeners = new Map(
      plan.listeners.map((listener) => {
        const row = rows.get(listener.name) as number;
        return [listener.name, new ListenerState(listener, row, hash)];
      }),
    );
    this.backends = keptBackends(plan, before);
    this.pools = plan.pools.map((pool, index) => this.#makePool(pool, index, tables, worker, before, ports));
    const usage = tables.usage.rows[worker] as UsageRow;
    const limitPorts = { table: tables.buckets, usage, shared: tables.usage, recorder: ports.recorder, hash };
    this.routes = plan.routes.map((route) => {
      const limits = route.rateLimits.map((at) => plan.rateLimits[at] as RateLimitPlan);
      return new RouteState(
        route,
        this.pools,
        limits.length === 0 ? null : new RouteLimits(limits, route.name, limitPorts),
      );
    });
    this.#router = new Router(plan.routes);
  }

  /** The route of the request whose head is in `buf`; null when none matches. */
  route(buf: Buffer, head: RequestHead): RouteState | null {
    const index = this.#router.match(this.#query.fill(buf, head));
    return index === -1 ? null : (this.routes[index] as RouteState);
  }

  #makePool(
    pool: PoolPlan,
    index: number,
    tables: Tables,
    worker: number,
    before: PlanState | null,
    ports: PoolPorts,
  ): Pool {
    const definition = strategyByName(pool.strategy.name);
    if (definition === undefined) throw new Error(`the plan names an unknown strategy: ${pool.strategy.name}`);
    const backends = pool.backends.map(({ slot }) => this.backends.get(slot) as Backend);
    const kept = before?.pools.find((old) => sameStrategy(old.plan, pool));
    const strategy =
      kept?.selector.strategy ??
      createStrategy(definition, pool, index, tables, worker, this.backends, ports.random ?? Math.random);
    const members = new Members(
      backends.map(({ slot, plan: { tier } }) => ({ slot, tier })),
      tables.slots,
    );
    const selector = new Selector({
      members,
      strategy,
      keyed: definition.key !== null,
      circuits:
        pool.circuit === null ? null : new Circuits(pool.circuit, tables.circuits, members, worker, ports.onCircuit),
      answers: pool.circuit === null ? new Answers(tables.circuits.windows, worker) : null,
      inFlightMax: pool.limits.inFlight,
      panicThreshold: pool.panicThreshold,
      worker,
      random: ports.random ?? Math.random,
      onPanic: (panic) => ports.onPanic(pool, panic),
    });
    const load = before?.pools.find((old) => old.plan.name === pool.name)?.load ?? new PoolLoad(ports.onRoom);
    load.apply(pool, tables.pools.budget(pool.row), tables.concurrency.peers(worker, pool.row));
    return new Pool(pool, definition, backends, selector, load);
  }
}

/** A strategy goes on with what it has learned while its pool keeps its name, strategy, parameters and backends' names. */
function sameStrategy(old: PoolPlan, now: PoolPlan): boolean {
  const names = (pool: PoolPlan): string => pool.backends.map(({ slot, authority }) => `${slot}=${authority}`).join();
  return (
    old.name === now.name &&
    old.strategy.name === now.strategy.name &&
    JSON.stringify(old.strategy.params) === JSON.stringify(now.strategy.params) &&
    names(old) === names(now)
  );
}

function createStrategy(
  definition: StrategyDefinition,
  pool: PoolPlan,
  index: number,
  tables: Tables,
  worker: number,
  backends: ReadonlyMap<number, Backend>,
  random: Random,
): Strategy {
  return definition.create({
    params: pool.strategy.params,
    inFlight: tables.slots.total,
    weight: tables.slots.weight,
    rows: tables.strategies.rows(definition.memory),
    words: tables.strategies.words(definition.memory, index),
    worker,
    random,
    nameOf: (slot) => (backends.get(slot) as Backend).plan.authority,
  });
}

/** The connections of `old` may go on. */
function isSame({ plan, pool: before, retired }: Backend, entry: BackendPlan, pool: PoolPlan): boolean {
  if (retired || plan.url !== entry.url || plan.tier !== entry.tier || plan.tlsName !== entry.tlsName) return false;
  const { ca, cert, key } = pool.tls;
  return entry.tlsName === null || (before.tls.ca === ca && before.tls.cert === cert && before.tls.key === key);
}

/** Backends that stay keep their connections. */
function keptBackends(plan: Plan, before: PlanState | null): Map<number, Backend> {
  const backends = new Map<number, Backend>();
  for (const pool of plan.pools) {
    for (const entry of pool.backends) {
      const old = before?.backends.get(entry.slot);
      const kept = old !== undefined && isSame(old, entry, pool);
      const backend = kept ? old : new Backend(entry, pool);
      backend.pool = pool;
      backends.set(entry.slot, backend);
    }
  }
  return backends;
}
