/**
 * How many requests the admin API takes at all, asked before anything of a request is looked at. It shares a machine with the
 * workers: whoever floods it must cost them next to nothing.
 *
 * Each network has a bucket of its own, and all together have one. A network that has lately shown a right token is let past
 * the common bucket, so that a flood from many addresses does not shut operators out. Probes of liveness and readiness are
 * not counted: an orchestrator that is refused would end the process.
 */
const NETWORKS_MAX = 4096;
/** Networks with a right token; more than any team has. */
const KNOWN_MAX = 256;
const KNOWN_MS = 600_000;

export interface Allowance {
  readonly perSecond: number;
  readonly burst: number;
}

export interface RequestLimits {
  readonly each: Allowance;
  readonly all: Allowance;
}

/** A dashboard asks three times a second; a script that waits for something, two hundred times. */
export const REQUEST_LIMITS: RequestLimits = {
  each: { perSecond: 200, burst: 1000 },
  all: { perSecond: 400, burst: 2000 },
};

class Bucket {
  atMs: number;
  #tokens: number;

  constructor(tokens: number, nowMs: number) {
    this.#tokens = tokens;
    this.atMs = nowMs;
  }

  take({ perSecond, burst }: Allowance, nowMs: number): boolean {
    this.#tokens = Math.min(burst, this.#tokens + (Math.max(0, nowMs - this.atMs) * perSecond) / 1000);
    this.atMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}

export class RequestLimit {
  readonly limits: RequestLimits;
  /** Refused so far. */
  refused = 0;
  readonly #networks = new Map<string, Bucket>();
  readonly #known = new Map<string, number>();
  readonly #all: Bucket;

  constructor(limits: RequestLimits, nowMs: number) {
    this.limits = limits;
    this.#all = new Bucket(limits.all.burst, nowMs);
  }

  /** Whether a request from this network is taken. */
  take(network: string, nowMs: number): boolean {
    let bucket = this.#networks.get(network);
    if (bucket === undefined) {
      if (this.#networks.size >= NETWORKS_MAX) this.#makeRoom(nowMs);
      bucket = new Bucket(this.limits.each.burst, nowMs);
      this.#networks.set(network, bucket);
    }
    const taken =
      bucket.take(this.limits.each, nowMs) && (this.#knows(network, nowMs) || this.#all.take(this.limits.all, nowMs));
    if (!taken) this.refused += 1;
    return taken;
  }

  /** Somebody there has shown a right token. */
  trust(network: string, nowMs: number): void {
    this.#known.delete(network);
    this.#known.set(network, nowMs);
    if (this.#known.size > KNOWN_MAX) for (const oldest of this.#known.keys()) return void this.#known.delete(oldest);
  }

  #knows(network: string, nowMs: number): boolean {
    const at = this.#known.get(network);
    return at !== undefined && nowMs - at < KNOWN_MS;
  }

  /** Those whose bucket is full again lose nothing; when there are none, all begin anew, under the common bucket. */
  #makeRoom(nowMs: number): void {
    const { perSecond, burst } = this.limits.each;
    const fullMs = (burst / perSecond) * 1000;
    for (const [network, { atMs }] of this.#networks) if (nowMs - atMs > fullMs) this.#networks.delete(network);
    if (this.#networks.size >= NETWORKS_MAX) this.#networks.clear();
  }
}
