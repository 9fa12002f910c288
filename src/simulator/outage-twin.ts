/**
 * Backends that cannot be reached for a while, and what the supervisor does about it: probes call one down some time after it
 * has gone, and up again some time after it has come back; then its weight rises step by step (core/health/slow-start.ts).
 */
import type { Outage, SimulatedPool } from '#contract/simulate.ts';
import { rampShare, RAMP_STEP_MS } from '#core/health/slow-start.ts';
import { HealthState } from '#core/health-state.ts';
import type { SlotTable } from '#memory/slots.ts';
import { SLOT_OFFSET } from './policies.ts';

/** What happens in an outage, one after another. */
const Step = { goes: 0, called: 1, returns: 2, restored: 3 } as const;
const STEPS = 4;

/** A step of an outage, or of the ramp after it. */
export type OutageStep = number;

export class OutageTwin {
  readonly #pool: SimulatedPool;
  readonly #outages: readonly Outage[];
  readonly #slots: SlotTable;
  /** Outages at each backend that go on. */
  readonly #out: Uint8Array;
  /** When each came back; -1: it does not ramp. */
  readonly #backMs: Float64Array;
  #put: (step: OutageStep, atMs: number) => void = () => {};

  constructor(pool: SimulatedPool, outages: readonly Outage[], slots: SlotTable) {
    this.#pool = pool;
    this.#outages = outages.filter(({ backend }) => pool.backends.some(({ id }) => id === backend));
    this.#slots = slots;
    this.#out = new Uint8Array(pool.backends.length);
    this.#backMs = new Float64Array(pool.backends.length).fill(-1);
  }

  /** Hands out the steps that come by themselves. */
  plan(put: (step: OutageStep, atMs: number) => void): void {
    this.#put = put;
    const { probes } = this.#pool;
    this.#outages.forEach(({ fromMs, toMs }, at) => {
      put(at * STEPS + Step.goes, fromMs);
      put(at * STEPS + Step.returns, toMs);
      if (probes === null || fromMs + probes.downMs >= toMs) return;
      put(at * STEPS + Step.called, fromMs + probes.downMs);
      put(at * STEPS + Step.restored, toMs + probes.upMs);
    });
  }

  isOut(position: number): boolean {
    return this.#out[position] !== 0;
  }

  step(number: OutageStep, nowMs: number): void {
    const first = this.#outages.length * STEPS;
    if (number >= first) {
      this.#ramp(number - first, nowMs);
      return;
    }
    const position = this.#positionOf(Math.floor(number / STEPS));
    switch (number % STEPS) {
      case Step.goes:
        this.#out[position]!++;
        return;
      case Step.returns:
        this.#out[position]!--;
        return;
      case Step.called:
        this.#backMs[position] = -1;
        this.#set(position, HealthState.unhealthy);
        return;
      default:
        if (this.#pool.backends[position]!.state === 'unhealthy') return;
        this.#backMs[position] = nowMs;
        this.#set(position, HealthState.healthy);
        this.#ramp(position, nowMs);
    }
  }

  #positionOf(outage: number): number {
    return this.#pool.backends.findIndex(({ id }) => id === this.#outages[outage]!.backend);
  }

  #set(position: number, health: HealthState): void {
    this.#slots.health[position + SLOT_OFFSET] = health;
    this.#slots.moveEpoch();
  }

  #ramp(position: number, nowMs: number): void {
    const backMs = this.#backMs[position] as number;
    if (backMs < 0) return;
    const share = rampShare(nowMs - backMs, this.#pool.slowStartMs);
    this.#slots.weight[position + SLOT_OFFSET] = this.#pool.backends[position]!.weight * share;
    this.#slots.moveEpoch();
    if (share < 1) this.#put(this.#outages.length * STEPS + position, nowMs + RAMP_STEP_MS);
  }
}
