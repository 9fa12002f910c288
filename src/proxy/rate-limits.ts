/**
 * The rate limits of one route. They are asked in the order of the configuration, before a backend is chosen. A request that
 * one of them refuses uses up none of the others: those behind it are not asked, those before it get their token back. Limits
 * on trial (`dryRun`) count what they would have refused, and refuse nothing.
 */
import { murmur3, utf8 } from '#core/math/hash.ts';
import type { HalfSipHash } from '#core/math/half-sip-hash.ts';
import { TokenBucket } from '#core/limits/token-bucket.ts';
import type { RateLimitPlan } from '#core/plan-failures.ts';
import type { RequestHead } from '#http1/request-head.ts';
import { L } from '#memory/counters.ts';
import type { BucketTable } from '#memory/bucket-table.ts';
import type { UsageRow, UsageTable } from '#memory/usage-table.ts';
import type { Recorder } from '#observe/recorder.ts';
import { ClientIdentity } from './client-identity.ts';
import { LimitFields } from './limit-fields.ts';
import { cookieValue, findField } from './request-key.ts';
import type { ClientFacts } from './request-writer.ts';

/** How one exchange stands with the limit that it is nearest to; kept until its answer is written. */
export class LimitStanding {
  /** Null: the exchange met no limit. */
  limits: RouteLimits | null = null;
  /** Which of the route's limits. */
  nearest = 0;
  remaining = 0;
  /** Seconds until that allowance is whole again. */
  resetSeconds = 0;
  /** Seconds until a refused request may come again. */
  retrySeconds = 0;
}

/** A limit's key as a number: the plan comes out of a message, whose strings are compared letter by letter. */
const Source = { global: 0, route: 1, client: 2, header: 3, cookie: 4 } as const;
type Source = (typeof Source)[keyof typeof Source];

interface Limit {
  readonly plan: RateLimitPlan;
  readonly source: Source;
  /** Of the header or cookie. */
  readonly name: string;
  readonly bucket: TokenBucket;
  /** The key of the present request, and whether it has taken a token. */
  low: number;
  high: number;
  taken: boolean;
  readonly fields: LimitFields;
}

/** What all routes of a worker share. */
export interface LimitPorts {
  readonly table: BucketTable;
  /** What is told of to replicas that share limits. */
  readonly usage: UsageRow;
  readonly shared: Pick<UsageTable, 'closed'>;
  readonly recorder: Recorder;
  readonly hash: HalfSipHash;
}

/** Names of the fields that a limited route's answers get, in place of a backend's own. */
export const LIMIT_FIELDS = ['ratelimit', 'ratelimit-policy'] as const;
/** Keeps values that clients choose apart from addresses: a header `192.0.2.1` is not the client at 192.0.2.1. */
const CHOSEN = 0x5bd1e995;
const NOBODY = Buffer.alloc(0);
/** One is enough: what it finds is hashed at once. */
const identity = new ClientIdentity();

export class RouteLimits {
  /** Bytes that `write` needs at most. */
  readonly bytesMax: number;
  readonly #limits: readonly Limit[];
  readonly #ports: LimitPorts;
  readonly #routeKey: number;

  /** `route`: its name, which is the same at every replica. */
  constructor(plans: readonly RateLimitPlan[], route: string, ports: LimitPorts) {
    this.#ports = ports;
    const name = utf8(route);
    this.#routeKey = murmur3(name, 0, name.length);
    const shown = plans.filter(({ dryRun }) => !dryRun);
    // The window is what an empty bucket takes to refill.
    const policies = shown.map(
      ({ name, burst, perSecond }) => `"${name}";q=${burst};w=${Math.ceil(burst / perSecond)}`,
    );
    const line = policies.length === 0 ? '' : `ratelimit-policy: ${policies.join(', ')}\r\n`;
    this.#limits = plans.map((plan) => ({
      plan,
      source: sourceOf(plan),
      name: 'name' in plan.key ? plan.key.name : '',
      bucket: new TokenBucket({ ...plan, lease: plan.lease ?? plan.burst }),
      low: 0,
      high: 0,
      taken: false,
      fields: new LimitFields(line, plan.name),
    }));
    for (const { bucket } of this.#limits) ports.table.know(bucket);
    this.bytesMax = Math.max(0, ...this.#limits.map(({ fields }) => fields.bytesMax));
  }

  /** Whether the request may go on; how it stands goes into `standing`. */
  admit(buf: Buffer, head: RequestHead, client: ClientFacts, nowMs: number, standing: LimitStanding): boolean {
    const { table, recorder } = this.#ports;
    let nearest = Infinity;
    standing.limits = null;
    for (let at = 0; at < this.#limits.length; at++) {
      const limit = this.#limits[at] as Limit;
      const { plan, bucket } = limit;
      this.#findKey(limit, buf, head, client);
      limit.taken = this.#take(limit, nowMs);
      if (table.evicted) recorder.limit(plan.row, L.evicted);
      if (!limit.taken) recorder.limited(plan.row, plan.dryRun);
      if (plan.dryRun) continue;
      const share = bucket.remaining / bucket.burst;
      if (limit.taken && share >= nearest) continue;
      nearest = share;
      standing.limits = this;
      standing.nearest = at;
      standing.remaining = bucket.remaining;
      standing.resetSeconds = Math.ceil(bucket.fullInSeconds);
      standing.retrySeconds = Math.max(1, Math.ceil(bucket.waitSeconds));
      if (limit.taken) continue;
      for (let before = 0; before < at; before++) this.#giveBack(this.#limits[before] as Limit);
      return false;
    }
    for (let at = 0; at < this.#limits.length; at++) {
      const { plan, taken } = this.#limits[at] as Limit;
      if (taken) recorder.limit(plan.row, L.allowed);
    }
    return true;
  }

  /** Writes RateLimit and RateLimit-Policy into `into` from `at`; returns the offset behind them. */
  write(standing: LimitStanding, into: Buffer, at: number): number {
    const { fields } = this.#limits[standing.nearest] as Limit;
    return fields.write(standing.remaining, standing.resetSeconds, into, at);
  }

  #take({ plan, bucket, low, high }: Limit, nowMs: number): boolean {
    const { table, usage, shared } = this.#ports;
    const taken = table.take(bucket, low, high, nowMs);
    if (plan.lease === null || !taken) return taken;
    if (Atomics.load(shared.closed, 0) === 1) {
      table.giveBack(bucket, low, high);
      return false;
    }
    usage.count(plan.row, low, high, 1);
    return true;
  }

  #giveBack({ plan, taken, bucket, low, high }: Limit): void {
    if (!taken) return;
    this.#ports.table.giveBack(bucket, low, high);
    if (plan.lease !== null) this.#ports.usage.count(plan.row, low, high, -1);
  }

  /** The hash of whoever shares an allowance, into the limit's `low` and `high`. */
  #findKey(limit: Limit, buf: Buffer, head: RequestHead, client: ClientFacts): void {
    const { source } = limit;
    const { hash } = this.#ports;
    if (source === Source.client) {
      this.#hashClient(buf, head, client);
    } else if (source === Source.header || source === Source.cookie) {
      this.#hashValue(limit, buf, head, client);
    } else {
      hash.low = source === Source.route ? this.#routeKey : 0;
      hash.high = 0;
    }
    limit.low = hash.low;
    limit.high = hash.high;
  }

  #hashValue({ source, name }: Limit, buf: Buffer, head: RequestHead, client: ClientFacts): void {
    const { hash } = this.#ports;
    if (source === Source.header) {
      const cell = findField(buf, head, name);
      const start = cell === -1 ? 0 : (head.fields.at[cell + 2] as number);
      const end = cell === -1 ? 0 : (head.fields.at[cell + 3] as number);
      if (start === end) return this.#hashClient(buf, head, client);
      hash.hash(buf, start, end);
    } else {
      const value = cookieValue(buf, head, name);
      if (value === null || value.length === 0) return this.#hashClient(buf, head, client);
      hash.hash(value, 0, value.length);
    }
    hash.high ^= CHOSEN;
  }

  /** Also for a request without the field that a limit goes by, or leaving it out would be a way around the limit. */
  #hashClient(buf: Buffer, head: RequestHead, client: ClientFacts): void {
    const { hash } = this.#ports;
    if (client.proxies !== null && identity.find(buf, head, client.proxies)) {
      identity.hashInto(hash);
    } else {
      hash.low = client.identityLow;
      hash.high = client.identityHigh;
    }
  }
}

function sourceOf({ key }: RateLimitPlan): Source {
  return key.from === 'client-ip' ? Source.client : Source[key.from];
}

/** Hashes who is at an address, as text, into `hash`. Peers without one (of a unix socket) are one client. */
export function hashIdentity(hash: HalfSipHash, address: string): void {
  if (identity.readText(address)) identity.hashInto(hash);
  else hash.hash(NOBODY, 0, 0);
}
