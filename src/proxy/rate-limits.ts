/**
 * The rate limits of one route. They are asked in the order of the configuration, before a backend is chosen. A request that
 * one of them refuses uses up none of the others: those behind it are not asked, those before it get their token back. Limits
 * on trial (`dryRun`) count what they would have refused, and refuse nothing.
 */
import { mix32 } from '#core/math/hash.ts';
import type { HalfSipHash } from '#core/math/half-sip-hash.ts';
import { TokenBucket } from '#core/limits/token-bucket.ts';
import type { RateLimitPlan } from '#core/plan-failures.ts';
import type { RequestHead } from '#http1/request-head.ts';
import { L } from '#memory/counters.ts';
import type { BucketTable } from '#memory/bucket-table.ts';
import type { Recorder } from '#observe/recorder.ts';
import { forwardedFor, networkOf } from './client-identity.ts';
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

interface Limit {
  readonly plan: RateLimitPlan;
  readonly bucket: TokenBucket;
  /** The key of the present request, and whether it has taken a token. */
  low: number;
  high: number;
  taken: boolean;
  /** `"name";r=` */
  readonly prefix: Buffer;
}

/** What all routes of a worker share. */
export interface LimitPorts {
  readonly table: BucketTable;
  readonly recorder: Recorder;
  readonly hash: HalfSipHash;
}

const RATE_LIMIT = Buffer.from('ratelimit: ', 'latin1');
const RESET = Buffer.from(';t=', 'latin1');
/** Names of the fields that a limited route's answers get, in place of a backend's own. */
export const LIMIT_FIELDS = ['ratelimit', 'ratelimit-policy'] as const;
const DIGITS_MAX = 16;
/** Keeps values that clients choose apart from addresses: a header `192.0.2.1` is not the client at 192.0.2.1. */
const CHOSEN = 0x5bd1e995;

export class RouteLimits {
  /** Bytes that `write` needs at most. */
  readonly bytesMax: number;
  readonly #limits: readonly Limit[];
  readonly #ports: LimitPorts;
  readonly #routeRow: number;
  /** The line of policies, the same in each answer. */
  readonly #policies: Buffer;

  constructor(plans: readonly RateLimitPlan[], routeRow: number, ports: LimitPorts) {
    this.#ports = ports;
    this.#routeRow = routeRow;
    this.#limits = plans.map((plan) => ({
      plan,
      bucket: new TokenBucket(plan),
      low: 0,
      high: 0,
      taken: false,
      prefix: Buffer.from(`"${plan.name}";r=`, 'latin1'),
    }));
    for (const { bucket } of this.#limits) ports.table.know(bucket);
    const shown = plans.filter(({ dryRun }) => !dryRun);
    // The window is what an empty bucket takes to refill.
    const policies = shown.map(
      ({ name, burst, perSecond }) => `"${name}";q=${burst};w=${Math.ceil(burst / perSecond)}`,
    );
    this.#policies = Buffer.from(policies.length === 0 ? '' : `ratelimit-policy: ${policies.join(', ')}\r\n`, 'latin1');
    const longest = Math.max(0, ...shown.map(({ name }) => name.length));
    this.bytesMax = this.#policies.length + RATE_LIMIT.length + longest + RESET.length + 2 * DIGITS_MAX + 8;
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
      limit.taken = table.take(bucket, limit.low, limit.high, nowMs);
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
    let to = at + this.#policies.copy(into, at);
    to += RATE_LIMIT.copy(into, to);
    to += (this.#limits[standing.nearest] as Limit).prefix.copy(into, to);
    to = writeNumber(standing.remaining, into, to);
    to += RESET.copy(into, to);
    to = writeNumber(standing.resetSeconds, into, to);
    into[to] = 13;
    into[to + 1] = 10;
    return to + 2;
  }

  #giveBack({ taken, bucket, low, high }: Limit): void {
    if (taken) this.#ports.table.giveBack(bucket, low, high);
  }

  /** The hash of whoever shares an allowance, into the limit's `low` and `high`. */
  #findKey(limit: Limit, buf: Buffer, head: RequestHead, client: ClientFacts): void {
    const { key } = limit.plan;
    const { hash } = this.#ports;
    hash.low = 0;
    hash.high = 0;
    if (key.from === 'route') {
      hash.low = mix32(this.#routeRow);
    } else if (key.from === 'client-ip') {
      this.#hashClient(buf, head, client);
    } else if (key.from === 'header' || key.from === 'cookie') {
      this.#hashValue(key, buf, head, client);
    }
    limit.low = hash.low;
    limit.high = hash.high;
  }

  #hashValue(
    { from, name }: { readonly from: 'header' | 'cookie'; readonly name: string },
    buf: Buffer,
    head: RequestHead,
    client: ClientFacts,
  ): void {
    const { hash } = this.#ports;
    if (from === 'header') {
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
    if (client.trusted && client.proxies !== null) {
      hashIdentity(hash, forwardedFor(buf, head, client.proxies, client.address.toString('latin1')));
    } else {
      hash.low = client.identityLow;
      hash.high = client.identityHigh;
    }
  }
}

/** Hashes who is at an address into `hash`. */
export function hashIdentity(hash: HalfSipHash, address: string): void {
  const bytes = Buffer.from(networkOf(address) ?? address, 'latin1');
  hash.hash(bytes, 0, bytes.length);
}

/** Digits of a whole number below 10^15. */
function writeNumber(value: number, into: Buffer, at: number): number {
  let digits = 1;
  for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) digits++;
  for (let place = at + digits - 1, rest = value; place >= at; place--) {
    into[place] = 0x30 + (rest % 10);
    rest = Math.floor(rest / 10);
  }
  return at + digits;
}
