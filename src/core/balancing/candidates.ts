/**
 * Which members of a pool may be picked now.
 *
 * Eligible: takes part (an operator's word), is well (the probes'), and its circuit is closed (the requests'). Of those, the
 * lowest tier that has any. In panic (panic.ts) circuits do not count. Where probes have said nothing yet, those not probed.
 * Last resort: members that probes call down although they answered requests well a moment ago. Probes that fail under load
 * while the application works must not cut all traffic; once the members stop answering, they are down for good.
 * Never: what an operator took out.
 */
import type { Answers } from '../health/answers.ts';
import type { Circuits } from '../health/circuits.ts';
import { isPanic } from '../health/panic.ts';
import type { Members } from './members.ts';

export class Candidates {
  readonly slots: Int32Array;
  count = 0;
  /** Members that only their circuits keep out. */
  readonly barred: Int32Array;
  barredCount = 0;
  panic = false;
  /** Barred members that are due for a trial are among the candidates. */
  dueAdmitted = false;
  /** How many of the candidates are there for more than a trial. */
  servingCount = 0;
  /** The candidates are a last resort: they must be looked at again before long. */
  resort = false;
  readonly #members: Members;
  readonly #circuits: Circuits | null;
  /** Who remembers which members answered; null: nobody, and there is no last resort. */
  readonly #answers: Pick<Answers, 'answeredLately'> | null;
  readonly #panicThreshold: number;
  /** Of the candidates that serve. */
  #tier = Infinity;

  /** `answers`: what remembers in the place of circuits where there are none. */
  constructor(members: Members, circuits: Circuits | null, panicThreshold: number, answers: Answers | null = null) {
    this.slots = new Int32Array(members.list.length);
    this.barred = new Int32Array(members.list.length);
    this.#members = members;
    this.#circuits = circuits;
    this.#answers = circuits ?? answers;
    this.#panicThreshold = panicThreshold;
  }

  /** Works them out anew; `admitDue`: barred members that are due for a trial are candidates too. */
  collect(nowMs: number, admitDue: boolean): void {
    const members = this.#members;
    const circuits = this.#circuits;
    let taking = 0;
    let eligible = 0;
    let notDown = 0;
    this.barredCount = 0;
    for (const { slot } of members.list) {
      if (!members.takesPart(slot)) continue;
      taking += 1;
      if (!members.isNotDown(slot)) continue;
      notDown += 1;
      const closed = circuits === null || circuits.isClosed(slot);
      if (!closed) this.barred[this.barredCount++] = slot;
      else if (members.isWell(slot)) eligible += 1;
    }
    this.panic = circuits !== null && this.barredCount > 0 && isPanic(eligible, notDown, taking, this.#panicThreshold);
    this.dueAdmitted = admitDue && !this.panic && this.barredCount > 0;
    this.#choose(nowMs);
  }

  #choose(nowMs: number): void {
    const members = this.#members;
    const circuits = this.#circuits;
    const answers = this.#answers;
    const closed = (slot: number): boolean => circuits === null || circuits.isClosed(slot);
    this.resort = false;
    if (this.panic) this.#lowestTier((slot) => members.isNotDown(slot));
    else this.#lowestTier((slot) => members.isWell(slot) && closed(slot));
    if (this.count === 0) this.#lowestTier((slot) => members.isNotDown(slot) && closed(slot));
    if (this.count === 0 && this.barredCount === 0 && answers !== null) {
      this.resort = true;
      this.#lowestTier((slot) => members.takesPart(slot) && answers.answeredLately(slot, nowMs));
    }
    this.servingCount = this.count;
    if (this.dueAdmitted) this.#admitDue(nowMs);
  }

  /** Adds those that are due, of the candidates' tier and of lower ones, in the order of the members. */
  #admitDue(nowMs: number): void {
    const members = this.#members;
    const circuits = this.#circuits as Circuits;
    const lowest = this.#tier;
    const isDue = (slot: number): boolean =>
      members.isNotDown(slot) && !circuits.isClosed(slot) && circuits.dueMs(slot, nowMs) <= nowMs;
    if (this.servingCount === 0) {
      this.#lowestTier(isDue);
      return;
    }
    const serving = new Set(this.slots.subarray(0, this.count));
    let count = 0;
    for (const { slot, tier } of members.list)
      if (serving.has(slot) || (tier <= lowest && isDue(slot))) this.slots[count++] = slot;
    this.count = count;
  }

  #lowestTier(serves: (slot: number) => boolean): void {
    let lowest = Infinity;
    let count = 0;
    for (const { slot, tier } of this.#members.list) {
      if (tier > lowest || !serves(slot)) continue;
      if (tier < lowest) {
        lowest = tier;
        count = 0;
      }
      this.slots[count++] = slot;
    }
    this.count = count;
    this.#tier = lowest;
  }
}
