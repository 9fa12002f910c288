/**
 * A rate limit in front of everything, as workers share it: the real bucket and table, held to what a bucket would do that
 * everybody could see: never more than the burst and the rate times the time, and no refusal while a token is there.
 */
import { mix32 } from '#core/math/hash.ts';
import { TokenBucket } from '#core/limits/token-bucket.ts';
import { ensure } from './invariants.ts';
import type { LimitSketch } from './scenario.ts';
import type { World } from './world.ts';

interface Shadow {
  /** Tokens that there are at most, and at least: a client that was pushed out of the table begins with a full bucket. */
  most: number;
  least: number;
  atMs: number;
}

export class LimitTwin {
  readonly #world: World;
  readonly #sketch: LimitSketch;
  /** By worker row: each has its own, over the shared words. */
  readonly #buckets: readonly TokenBucket[];
  readonly #shadows = new Map<number, Shadow>();

  constructor(world: World, sketch: LimitSketch) {
    const { workers } = world.scenario;
    this.#world = world;
    this.#sketch = sketch;
    this.#buckets = Array.from({ length: workers }, () => new TokenBucket({ row: 0, ...sketch }));
  }

  /** Whether worker `row` lets a request of this client through. */
  admits(row: number, client: number): boolean {
    const { tables, policies, nowMs, coverage } = this.#world;
    const bucket = this.#buckets[row]!;
    const table = policies.limitsOf(tables, row);
    table.know(bucket);
    const admitted = table.take(bucket, mix32(client), mix32(client ^ 0x55555555), nowMs);
    if (table.evicted) {
      coverage.hit('limit evicted');
      for (const shadow of this.#shadows.values()) shadow.most = this.#sketch.burst;
    }
    this.#check(client, admitted);
    coverage.hit(admitted ? 'limit passed' : 'limit refused');
    return admitted;
  }

  #check(client: number, admitted: boolean): void {
    const { perSecond, burst } = this.#sketch;
    const { nowMs } = this.#world;
    const shadow = this.#shadows.get(client) ?? { most: burst, least: burst, atMs: nowMs };
    this.#shadows.set(client, shadow);
    const refilled = (perSecond * (nowMs - shadow.atMs)) / 1000;
    shadow.most = Math.min(burst, shadow.most + refilled);
    shadow.least = Math.min(burst, shadow.least + refilled);
    shadow.atMs = nowMs;
    // The clock counts whole parts of a token.
    const rounded = 2 / this.#buckets[0]!.tokenParts;
    const say = (): string => `client ${client}: ${shadow.least} to ${shadow.most} tokens`;
    if (!admitted) ensure(shadow.least < 1 + rounded, 'rate-exact', () => `${say()}, refused`);
    else {
      ensure(shadow.most >= 1 - rounded, 'rate-exact', () => `${say()}, let through`);
      shadow.most -= 1;
      shadow.least = Math.max(0, shadow.least - 1);
    }
  }
}
