/**
 * Ring hash: requests with one key go to one backend, to the very one that nginx's `hash $key consistent` would choose.
 *
 * Why: to stand beside, or take over from, nginx without emptying the backends' caches. Where that does not matter,
 * `consistent-hash` is evener (160 points a backend leave the busiest of 8 some 10 % above the average) and bounds loads.
 * Precedence: the ring of all backends known (ketama-ring.ts); a point whose backend is not a candidate is passed over,
 * as nginx does with a server that is down, so health changes do not rebuild the ring and move no other key.
 * Weights: 160 points for each unit, rounded, one unit at least. A backend's points for a small weight are the first of
 * those for a greater one, so a lower weight just passes the rest over; only a greater weight rebuilds.
 * Cold start: a new backend takes over its share of keys at once (a weight of 1 does not ramp, as in nginx).
 * Recovery: a backend that returns gets back just the keys that it had; nothing is learned, none starves.
 */
import type { PickView, Strategy, StrategyDefinition, StrategyEnv } from '../strategy.ts';
import { KetamaRing, POINTS_PER_WEIGHT } from './ketama-ring.ts';

/**
 * Units of weight that all backends may have together: 655,360 points, some 50 ms to build. Above, all are scaled down
 * alike, and the ring is no longer nginx's.
 */
const UNITS_MAX = 4096;
/** Once around. */
const RING = 2 ** 32;

class RingHash implements Strategy {
  readonly #env: StrategyEnv;
  #ring = new KetamaRing([]);
  /** Slots on the ring: the name that each is there by, and the units of weight it has points for. */
  readonly #members = new Map<number, { name: string; units: number }>();
  /** How many of its points count now, by slot; 0: not a candidate. */
  readonly #points: Uint32Array;
  /** The call of `pickAmong` that last had this slot in its subset. */
  readonly #marks: Uint32Array;
  #mark = 0;

  constructor(env: StrategyEnv) {
    this.#env = env;
    this.#points = new Uint32Array(env.weight.length);
    this.#marks = new Uint32Array(env.weight.length);
  }

  update(slots: Int32Array, count: number): void {
    const { weight, nameOf } = this.#env;
    let total = 0;
    for (let at = 0; at < count; at++) total += weight[slots[at]];
    const scale = Math.min(1, UNITS_MAX / total);
    this.#points.fill(0);
    let grown = false;
    for (let at = 0; at < count; at++) {
      const slot = slots[at];
      const units = Math.max(1, Math.round(weight[slot] * scale));
      this.#points[slot] = units * POINTS_PER_WEIGHT;
      if (this.#admit(slot, nameOf(slot), units)) grown = true;
    }
    if (grown) this.#rebuild();
  }

  pick(key: number): number {
    const { owners, ranks } = this.#ring;
    for (let place = this.#ring.find(key); ; place = place + 1 === owners.length ? 0 : place + 1) {
      const slot = owners[place];
      if (ranks[place] < this.#points[slot]) return slot;
    }
  }

  pickAmong(slots: Int32Array, count: number, key: number): number {
    const { owners, ranks } = this.#ring;
    const mark = ++this.#mark;
    for (let at = 0; at < count; at++) this.#marks[slots[at]] = mark;
    for (let place = this.#ring.find(key); ; place = place + 1 === owners.length ? 0 : place + 1) {
      const slot = owners[place];
      if (this.#marks[slot] === mark && ranks[place] < this.#points[slot]) return slot;
    }
  }

  explain(slots: Int32Array, count: number, key: number, _nowMs: number, into: PickView): void {
    const { points, owners, ranks } = this.#ring;
    for (let at = 0; at < count; at++) into.score[at] = NaN;
    let missing = count;
    let place = this.#ring.find(key);
    for (let steps = 0; steps < owners.length && missing > 0; steps++) {
      const slot = owners[place];
      const at = ranks[place] < this.#points[slot] ? slots.indexOf(slot) : -1;
      if (at >= 0 && at < count && Number.isNaN(into.score[at])) {
        into.score[at] = ((points[place] - key) >>> 0) / RING;
        missing -= 1;
      }
      place = place + 1 === owners.length ? 0 : place + 1;
    }
  }

  /** Whether the ring lacks points that this candidate should have. */
  #admit(slot: number, name: string, units: number): boolean {
    const member = this.#members.get(slot);
    if (member === undefined || member.name !== name) {
      this.#members.set(slot, { name, units });
      return true;
    }
    if (units <= member.units) return false;
    // A weight that grows will grow again: double, so that a ramp rebuilds a few times, not at every step.
    member.units = 2 ** Math.ceil(Math.log2(units));
    return true;
  }

  #rebuild(): void {
    const members = [...this.#members];
    const units = members.reduce((sum, [, member]) => sum + member.units, 0);
    if (units > UNITS_MAX * 2) this.#forgetOthers();
    this.#ring = new KetamaRing(
      [...this.#members].map(([owner, { name, units }]) => ({ owner, name, points: units * POINTS_PER_WEIGHT })),
    );
  }

  /** Drops those that are not candidates, and spare points, when the ring would grow too large. */
  #forgetOthers(): void {
    for (const [slot, member] of this.#members) {
      member.units = this.#points[slot] / POINTS_PER_WEIGHT;
      if (member.units === 0) this.#members.delete(slot);
    }
  }
}

export const ringHash: StrategyDefinition = {
  name: 'ring-hash',
  summary: "Sends requests of one key to the backend that nginx's `hash … consistent` (ketama) would choose.",
  bestWhen: 'EdgeBalancer shares backends with nginx, or replaces it, and keys must stay where they are.',
  params: [],
  memory: { rows: [], words: [] },
  explains: { score: 'way on the ring from the key to its next point', wins: 'least', inputs: [], state: [] },
  key: 'crc32',
  weighted: true,
  refreshMs: 0,
  create: (env) => new RingHash(env),
};
