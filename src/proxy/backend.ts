/** A backend as one worker sees it: where to connect, and the connections that wait to be used again. */
import type { BackendPlan, PoolPlan } from '#core/plan.ts';
import type { SocketAddress } from '#transport/transport.ts';
import type { Upstream } from './upstream.ts';

export class Backend {
  readonly slot: number;
  readonly authority: Buffer;
  /** Its place as spans show it. */
  readonly place: string;
  readonly plan: BackendPlan;
  /** Timeouts and limits of its pool; replaced when a plan changes them. */
  pool: PoolPlan;
  /** Unused connections, the one used last on top: it is the likeliest to be alive and warm. */
  readonly idle: Upstream[] = [];
  /** The plan no longer names it: nothing is kept any more. */
  retired = false;
  #addresses: readonly string[] = [];
  #turn = 0;

  constructor(plan: BackendPlan, pool: PoolPlan) {
    this.plan = plan;
    this.pool = pool;
    this.slot = plan.slot;
    this.place = plan.tlsName === null ? plan.authority : `https://${plan.authority}`;
    // A socket's path is no host name.
    this.authority = Buffer.from(plan.address.kind === 'unix' ? 'localhost' : plan.authority, 'latin1');
  }

  /** What a name resolved to; empty: connect to what the plan says. */
  resolve(addresses: readonly string[]): void {
    this.#addresses = addresses;
  }

  /** Where the next connection goes: the name's addresses in turn. */
  nextAddress(): SocketAddress {
    const { address } = this.plan;
    if (address.kind !== 'tcp' || this.#addresses.length === 0) return address;
    this.#turn = (this.#turn + 1) % this.#addresses.length;
    return { kind: 'tcp', host: this.#addresses[this.#turn] as string, port: address.port };
  }

  /** The unused connection that was used last and may be used again; those that may not are given up. */
  takeIdle(nowMs: number): Upstream | undefined {
    for (;;) {
      const upstream = this.idle.pop();
      if (upstream === undefined || upstream.isUsable(nowMs)) return upstream;
      upstream.discard();
    }
  }

  retire(): void {
    this.retired = true;
    for (const upstream of this.idle.splice(0)) upstream.discard();
  }
}
