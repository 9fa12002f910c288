/**
 * The rate limits of one route. They are asked in the order of the configuration, before a backend is chosen; a request that
 * one refuses has used up a token of those before it, and none of those behind. Limits on trial (`dryRun`) count what they
 * would have refused, and refuse nothing.
 */
import { mix32 } from '#core/math/hash.ts';
import type { HalfSipHash } from '#core/math/half-sip-hash.ts';
import { TICKS_PER_SECOND, TokenBucket, ticksOf } from '#core/limits/token-bucket.ts';
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
  /** `"name";r=` */
  readonly prefix: Buffer;
}

/** What all routes of a worker share. */
export interface LimitPorts {
  readonly table: BucketTable;
  readonly recorder: Recorder;
  readonly hash: HalfSipHash;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

const RATE_LIMIT = Buffer.from('ratelimit: ', 'latin1');
const RESET = Buffer.from(';t=', 'latin1');
/** Names of the fields that a limited route's answers get, in place of a backend's own. */
export const LIMIT_FIELDS = ['ratelimit', 'ratelimit-policy'] as const;
const DIGITS_MAX = 16;

export class RouteLimits {
  /** Bytes that `write` needs at most. */
  readonly bytesMax: number;
  readonly #limits: readonly Limit[];
  readonly #ports: LimitPorts;
  readonly #routeRow: number;
  /** The line of policies, the same in each answer. */
  readonly #policies: Buffer;
  #low = 0;
  #high = 0;

  constructor(plans: readonly RateLimitPlan[], routeRow: number, ports: LimitPorts) {
    this.#ports = ports;
    this.#routeRow = routeRow;
    this.#limits = plans.map((plan) => ({
      plan,
      bucket: new TokenBucket(plan.perSecond, plan.burst),
      prefix: Buffer.from(`"${plan.name}";r=`, 'latin1'),
    }));
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
    const { table, recorder, random } = this.#ports;
    const nowTicks = ticksOf(nowMs);
    let nearest = Infinity;
    standing.limits = null;
    for (let at = 0; at < this.#limits.length; at++) {
      const { plan, bucket } = this.#limits[at] as Limit;
      this.#hashKey(plan, buf, head, client);
      const allowed = table.take(bucket, this.#low, this.#high, nowTicks, random());
      if (table.evicted) recorder.limit(plan.row, L.evicted);
      if (allowed) recorder.limit(plan.row, L.allowed);
      else recorder.limited(plan.row, plan.dryRun);
      if (plan.dryRun) continue;
      const share = bucket.remaining / bucket.burst;
      if (allowed && share >= nearest) continue;
      nearest = share;
      standing.limits = this;
      standing.nearest = at;
      standing.remaining = bucket.remaining;
      standing.resetSeconds = Math.ceil(bucket.fullInTicks / TICKS_PER_SECOND);
      standing.retrySeconds = Math.max(1, Math.ceil(bucket.waitTicks / TICKS_PER_SECOND));
      if (!allowed) return false;
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

  /** The hash of whoever shares an allowance, the limit itself included, into `#low` and `#high`. */
  #hashKey({ key, row }: RateLimitPlan, buf: Buffer, head: RequestHead, client: ClientFacts): void {
    const { hash } = this.#ports;
    hash.low = 0;
    hash.high = key.from === 'route' ? this.#routeRow + 1 : 0;
    if (key.from === 'client-ip') {
      this.#hashClient(buf, head, client);
    } else if (key.from === 'header') {
      const cell = findField(buf, head, key.name);
      if (cell === -1) this.#hashClient(buf, head, client);
      else hash.hash(buf, head.fields.at[cell + 2] as number, head.fields.at[cell + 3] as number);
    } else if (key.from === 'cookie') {
      const value = cookieValue(buf, head, key.name);
      if (value === null) this.#hashClient(buf, head, client);
      else hash.hash(value, 0, value.length);
    }
    this.#high = mix32(hash.high ^ Math.imul(row + 1, 0x9e3779b1));
    this.#low = mix32(hash.low ^ this.#high);
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
