/**
 * Picks a slot of a pool for an attempt, and counts the attempt from that moment on. The strategy only ranks; here is what
 * it must not know: who is eligible, who is full, who has been tried, and which backend is due for a trial.
 *
 * Precedence: a trial that is due, then the strategy's choice among the candidates, then (when that one is full or was tried)
 * its choice among the rest, then another tier's least busy, then the ones tried before, the one that just failed last.
 * Eligibility is worked out anew when the shared epoch moves, not per request.
 * Trials take a request from its place. One that may be repeated elsewhere goes first, for its client then never sees the
 * trial fail; one that may not is taken only after `TRIAL_GRACE_MS` without such a one. A strategy that places requests by a
 * key gives the backend back its own keys instead, and others only after that grace.
 */
import type { Answers } from '../health/answers.ts';
import type { Circuits } from '../health/circuits.ts';
import type { Outcome } from '../outcome.ts';
import type { Explains, Strategy } from '../strategy.ts';
import { Candidates } from './candidates.ts';
import type { Members } from './members.ts';
import type { PickRecord, PickRecorder } from './pick-recorder.ts';
import type { Tried } from './tried.ts';

/** Nobody to pick: none takes part, or all are down. */
export const NO_BACKEND = -1;
/** Nobody to pick: all that are eligible are full. */
export const ALL_FULL = -2;
/** Nobody to pick: circuits keep out all that are not down. */
export const ALL_OPEN = -3;
/** Nobody to pick that has not been tried. */
export const ALL_TRIED = -4;
/** Nobody may be picked: the pool's adaptive limit is reached (proxy/pool.ts). */
export const LIMITED = -5;

export const TRIAL_GRACE_MS = 1000;
/** A last resort is looked at again after this long: it serves only while it answers. */
const RESORT_MS = 1000;
/** Another worker may take the last place between a look and the count; then another slot is looked for, so many times. */
const RACES_MAX = 3;

export interface SelectorOptions {
  readonly members: Members;
  readonly strategy: Strategy;
  /** The strategy places requests by a key. */
  readonly keyed: boolean;
  readonly circuits: Circuits | null;
  /** Without circuits: remembers who answered, for the last resort. */
  readonly answers?: Answers | null;
  /** Attempts at one slot at one time. */
  readonly inFlightMax: number;
  readonly panicThreshold: number;
  readonly worker: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Panic began or ended, as this worker sees it. */
  readonly onPanic: (panic: boolean) => void;
}

/** What must be remembered of a slot that was taken until its attempt ends. Whoever holds it is read and never kept. */
export interface TakenSlot {
  readonly slot: number;
  /** As the selector's fields of these names were just after `take`. */
  readonly inFlightBefore: number;
  readonly permit: number;
  readonly trial: boolean;
  /** Whether `answered` was called for it. */
  readonly answered: boolean;
}

/** Whose candidates a strategy has: the selectors of two plans share one while requests of the older go on. */
interface Seat {
  holder: Selector | null;
}
const SEATS = new WeakMap<Strategy, Seat>();

export class Selector {
  readonly strategy: Strategy;
  readonly circuits: Circuits | null;
  /** Of the slot taken last: what was in flight there just before, what its circuit's word was, whether it is a trial. */
  inFlightBefore = 0;
  permit = 0;
  trial = false;
  /** Null: the next `take` is not recorded. */
  recorder: PickRecorder | null = null;
  readonly #options: SelectorOptions;
  readonly #answers: Answers | null;
  readonly #members: Members;
  readonly #candidates: Candidates;
  readonly #subset: Int32Array;
  readonly #worker: number;
  readonly #inFlightMax: number;
  readonly #seat: Seat;
  #epoch = -1;
  /** When a barred member may next be tried, or a last resort must be looked at again. */
  #wakeMs = Infinity;
  #superseded = false;

  constructor(options: SelectorOptions) {
    const { members, circuits } = options;
    this.#options = options;
    this.strategy = options.strategy;
    this.circuits = circuits;
    this.#members = members;
    this.#answers = circuits === null ? (options.answers ?? null) : null;
    this.#candidates = new Candidates(members, circuits, options.panicThreshold, this.#answers);
    this.#subset = new Int32Array(members.list.length);
    this.#worker = options.worker;
    this.#inFlightMax = options.inFlightMax;
    this.#seat = SEATS.get(options.strategy) ?? { holder: null };
    SEATS.set(options.strategy, this.#seat);
  }

  get panic(): boolean {
    return this.#candidates.panic;
  }

  /** Nobody is eligible: those that are picked are so for want of better. */
  get isLastResort(): boolean {
    return this.#candidates.panic || this.#candidates.resort;
  }

  /**
   * Takes a slot for an attempt that begins now; negative when there is none. `key` is the request's hash for a keyed
   * strategy; `repeatable`: it may be made again should it fail; `again`: a slot tried before will do.
   */
  take(key: number, nowMs: number, tried: Tried, repeatable: boolean, again: boolean): number {
    for (let races = 0; ; races++) {
      const slot = this.#pick(key, nowMs, tried, repeatable, again);
      if (slot < 0) return slot;
      const before = this.#members.views.begin(this.#worker, slot);
      if (before < this.#inFlightMax || this.trial) {
        this.inFlightBefore = before;
        if (this.circuits !== null) this.permit = this.trial ? this.circuits.trialPermit : this.circuits.permit(slot);
        this.strategy.begin?.(slot, before, nowMs);
        return slot;
      }
      this.#members.views.settle(this.#worker, slot);
      if (races === RACES_MAX) return ALL_FULL;
    }
  }

  /** The record of the pick that `recorder` was there for. */
  record(recorder: PickRecorder, chosen: number, { inputs, state }: Explains): PickRecord {
    const { panic, resort } = this.#candidates;
    return recorder.take(chosen, panic, resort, inputs.length, state.length);
  }

  /** Tells `recorder` who could be picked now and why the others could not, without picking. */
  describe(recorder: PickRecorder, key: number, nowMs: number, tried: Tried): void {
    if (this.#members.views.epoch[0] !== this.#epoch || this.#seat.holder !== this) this.#rebuild(nowMs, false);
    this.#recordBegin(recorder, key, nowMs);
    this.#recordNarrowed(recorder, tried);
  }

  /** Whether some eligible slot with room has not been tried. */
  hasUntried(nowMs: number, tried: Tried): boolean {
    if (this.#members.views.epoch[0] !== this.#epoch) this.#rebuild(nowMs, false);
    return this.#narrow((slot) => !tried.has(slot)) > 0 || this.#leastBusyElsewhere(tried) >= 0;
  }

  /**
   * The answer of an attempt taken here begins, and its circuit is to judge by that: of a trial, for which nobody waits
   * longer, and of what may go on for hours (a tunnel). Settle the attempt as answered then.
   */
  answered({ slot, permit, trial }: TakenSlot, outcome: Outcome, nowMs: number): void {
    this.circuits?.settle(slot, permit, trial, outcome, nowMs);
    this.#answers?.settle(slot, outcome, nowMs);
  }

  /** Whether the strategy wants to hear of answers that begin: where not, nobody need look at the clock. */
  get hears(): boolean {
    return this.strategy.heard !== undefined;
  }

  /** The head of an answer has come from a slot taken here. */
  heard(slot: number, elapsedMs: number, nowMs: number): void {
    if (!this.#superseded) this.strategy.heard?.(slot, elapsedMs, nowMs);
  }

  /** An attempt at a slot taken here ended. */
  settle(taken: TakenSlot, elapsedMs: number, outcome: Outcome, nowMs: number): void {
    const { slot } = taken;
    this.#members.views.settle(this.#worker, slot);
    if (!this.#superseded) this.strategy.settle?.(slot, taken.inFlightBefore, elapsedMs, outcome, nowMs);
    if (taken.answered) return;
    this.circuits?.settle(slot, taken.permit, taken.trial, outcome, nowMs);
    this.#answers?.settle(slot, outcome, nowMs);
  }

  /** Another strategy has this pool's memory now: what is still in flight must not be written into it. */
  supersede(): void {
    this.#superseded = true;
  }

  #pick(key: number, nowMs: number, tried: Tried, repeatable: boolean, again: boolean): number {
    this.trial = false;
    const candidates = this.#candidates;
    if (this.#members.views.epoch[0] !== this.#epoch || this.#seat.holder !== this) this.#rebuild(nowMs, false);
    if (this.recorder !== null) this.#recordBegin(this.recorder, key, nowMs);
    if (nowMs >= this.#wakeMs) {
      const due = candidates.resort ? -1 : this.#pickDue(nowMs, tried, repeatable);
      if (due >= 0) return due;
      if (candidates.resort) this.#rebuild(nowMs, false);
      else if (this.#options.keyed && !candidates.dueAdmitted) this.#rebuild(nowMs, true);
      if (this.recorder !== null) this.#recordBegin(this.recorder, key, nowMs);
    }
    if (candidates.count === 0) return candidates.barredCount > 0 ? ALL_OPEN : NO_BACKEND;
    this.recorder?.ask(this.strategy, null, 0);
    const slot = this.strategy.pick(key, nowMs);
    if (!this.#isFree(slot) || (tried.count > 0 && tried.has(slot)))
      return this.#pickNarrowed(key, nowMs, tried, again);
    if (!candidates.dueAdmitted || (this.circuits as Circuits).isClosed(slot)) return slot;
    // The place of this key is the backend that is due: the request is its trial, or goes to the key's next place.
    this.trial = repeatable && (this.circuits as Circuits).takeTrial(slot, nowMs);
    return this.trial ? slot : this.#pickNarrowed(key, nowMs, tried, again);
  }

  #pickNarrowed(key: number, nowMs: number, tried: Tried, again: boolean): number {
    if (this.recorder !== null) this.#recordNarrowed(this.recorder, tried);
    let count = this.#narrow((slot) => !tried.has(slot));
    this.recorder?.ask(this.strategy, this.#subset, count);
    if (count > 0) return this.strategy.pickAmong(this.#subset, count, key, nowMs);
    if (tried.count === 0) return this.#full();
    this.recorder?.by('other-tier');
    const other = this.#leastBusyElsewhere(tried);
    if (other >= 0) return other;
    if (!again) return ALL_TRIED;
    const { last } = tried;
    count = this.#narrow((slot) => slot !== last);
    this.recorder?.ask(this.strategy, this.#subset, count);
    if (count > 0) return this.strategy.pickAmong(this.#subset, count, key, nowMs);
    this.recorder?.by('again');
    return this.#narrow((slot) => slot === last) > 0 ? last : this.#full();
  }

  #recordBegin(recorder: PickRecorder, key: number, nowMs: number): void {
    const { slots, count } = this.#candidates;
    recorder.begin(this.strategy, slots, count, this.#members, key, nowMs);
    recorder.excludeOthers(this.#members, this.circuits, slots, count);
  }

  /** The candidates that `#narrow` leaves out, and why. */
  #recordNarrowed(recorder: PickRecorder, tried: Tried): void {
    const { slots, count, dueAdmitted } = this.#candidates;
    for (let at = 0; at < count; at++) {
      const slot = slots[at] as number;
      if (tried.has(slot)) recorder.exclude(slot, 'tried');
      else if (!this.#isFree(slot)) recorder.exclude(slot, 'full');
      else if (dueAdmitted && this.circuits?.isClosed(slot) === false) recorder.exclude(slot, 'trial-only');
    }
  }

  /** Why none of the candidates will do. */
  #full(): number {
    return this.#candidates.servingCount === 0 ? ALL_OPEN : ALL_FULL;
  }

  /** Candidates that are free and wanted, into `#subset`; not those that are there for a trial only. */
  #narrow(wanted: (slot: number) => boolean): number {
    const { slots, count, dueAdmitted } = this.#candidates;
    let wantedCount = 0;
    for (let at = 0; at < count; at++) {
      const slot = slots[at] as number;
      if (dueAdmitted && !(this.circuits as Circuits).isClosed(slot)) continue;
      if (this.#isFree(slot) && wanted(slot)) this.#subset[wantedCount++] = slot;
    }
    return wantedCount;
  }

  /** All candidates were tried: an eligible member of another tier, the least busy of the lowest. */
  #leastBusyElsewhere(tried: Tried): number {
    const { total, weight } = this.#members.views;
    let best = -1;
    let bestTier = Infinity;
    let bestLoad = Infinity;
    for (const { slot, tier } of this.#members.list) {
      if (tier > bestTier || tried.has(slot) || !this.#members.isWell(slot) || !this.#isFree(slot)) continue;
      if (this.circuits !== null && !this.circuits.isClosed(slot)) continue;
      const load = ((total[slot] as number) + this.#options.random()) / (weight[slot] as number);
      if (tier === bestTier && load >= bestLoad) continue;
      best = slot;
      bestTier = tier;
      bestLoad = load;
    }
    return best;
  }

  /** Takes the trial of a member that is due for one, if this request may be it. */
  #pickDue(nowMs: number, tried: Tried, repeatable: boolean): number {
    const { barred, barredCount } = this.#candidates;
    const circuits = this.circuits as Circuits;
    const anyFits = repeatable && !this.#options.keyed;
    for (let at = 0; at < barredCount; at++) {
      const slot = barred[at] as number;
      const fits = anyFits ? nowMs : nowMs - TRIAL_GRACE_MS;
      if (circuits.dueMs(slot, nowMs) > fits || tried.has(slot) || !this.#isFree(slot)) continue;
      this.trial = circuits.takeTrial(slot, nowMs);
      if (!this.trial) continue;
      this.recorder?.by('trial');
      return slot;
    }
    this.#setWake(nowMs);
    return -1;
  }

  #setWake(nowMs: number): void {
    const { barred, barredCount } = this.#candidates;
    this.#wakeMs = this.#candidates.resort && this.#candidates.count > 0 ? nowMs + RESORT_MS : Infinity;
    for (let at = 0; at < barredCount; at++)
      this.#wakeMs = Math.min(this.#wakeMs, (this.circuits as Circuits).dueMs(barred[at] as number, nowMs));
  }

  #isFree(slot: number): boolean {
    return (this.#members.views.total[slot] as number) < this.#inFlightMax;
  }

  #rebuild(nowMs: number, admitDue: boolean): void {
    const candidates = this.#candidates;
    const wasPanic = candidates.panic;
    this.#epoch = Atomics.load(this.#members.views.epoch, 0);
    this.#seat.holder = this;
    candidates.collect(nowMs, admitDue);
    if (candidates.count > 0) this.strategy.update(candidates.slots, candidates.count, nowMs);
    this.#setWake(nowMs);
    if (candidates.panic !== wasPanic) this.#options.onPanic(candidates.panic);
  }
}
