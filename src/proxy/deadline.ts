/**
 * One coarse wheel of deadlines for a whole worker, instead of a timer per request. A deadline that moves later costs one
 * store: its entry stays in the earlier bucket and is put where it belongs when that bucket comes round. Only a deadline
 * that moves earlier is relinked. Deadlines never fire early, and at most two ticks late where `advance` may fire them all.
 * Source: hashed timing wheels (Varghese, Lauck 1987), with lazy re-bucketing.
 */
const TICK_MS = 50;
/** At 50 ms a tick 51 seconds go round once; longer deadlines are re-bucketed on the way. */
const BUCKETS = 1024;
export const NEVER = Infinity;
const UNLINKED = -1;
/** Its bucket has come round: it is linked among those that fire next. Before every tick, so that arming leaves it there. */
const DUE = -2;

/** Something that has one deadline at a time. */
export abstract class Timed {
  deadlineAt: number = NEVER;
  /** The tick of the bucket it is linked in; UNLINKED, or DUE. */
  tick: number = UNLINKED;
  previous: Timed | null = null;
  next: Timed | null = null;
  abstract onDeadline(nowMs: number): void;
}

class Bucket extends Timed {
  constructor() {
    super();
    this.previous = this;
    this.next = this;
  }
  onDeadline(): void {}
}

export class DeadlineWheel {
  readonly #buckets: readonly Bucket[] = Array.from({ length: BUCKETS }, () => new Bucket());
  readonly #tickMs: number;
  #tick: number;
  readonly #due = new Bucket();
  /** Entries that are linked, those with a deadline that was called off included. */
  size = 0;
  /** Entries that could have fired and may not yet: of those that the last `advance` found, what it left. */
  dueCount = 0;

  constructor(nowMs: number, tickMs: number = TICK_MS) {
    this.#tickMs = tickMs;
    this.#tick = Math.floor(nowMs / tickMs);
  }

  static readonly tickMs: number = TICK_MS;

  /** `entry` is due at `atMs`; `NEVER` for not at all. */
  arm(entry: Timed, atMs: number): void {
    entry.deadlineAt = atMs;
    if (atMs === NEVER) return;
    const tick = this.#bucketTick(atMs);
    if (entry.tick !== UNLINKED) {
      if (entry.tick <= tick) return;
      this.#unlink(entry);
    }
    this.#link(entry, tick);
  }

  /** Forgets an entry for good; without it the wheel keeps the entry alive until its bucket comes round. */
  drop(entry: Timed): void {
    entry.deadlineAt = NEVER;
    if (entry.tick !== UNLINKED) this.#unlink(entry);
  }

  /**
   * Fires what is due, `most` of it at most, in the order in which it was due. Call about every `tickMs`, and again soon where
   * it returns false: `dueCount` more are due then, and others shall have their turn before them.
   */
  advance(nowMs: number, most: number = Infinity): boolean {
    const until = Math.floor(nowMs / this.#tickMs);
    // After a long stop of the process one round visits everything.
    if (until - this.#tick > BUCKETS) this.#tick = until - BUCKETS;
    while (this.#tick < until) {
      const bucket = this.#buckets[this.#tick & (BUCKETS - 1)] as Bucket;
      this.#tick++;
      this.#collect(bucket, nowMs);
    }
    this.#fire(nowMs, most);
    return this.dueCount === 0;
  }

  /** Its bucket has come round: each entry is due, moved on, or forgotten. */
  #collect(bucket: Bucket, nowMs: number): void {
    while (bucket.next !== bucket) {
      const entry = bucket.next as Timed;
      this.#unlink(entry);
      if (entry.deadlineAt <= nowMs) this.#append(entry, this.#due, DUE);
      else if (entry.deadlineAt !== NEVER) this.#link(entry, this.#bucketTick(entry.deadlineAt));
    }
  }

  #fire(nowMs: number, most: number): void {
    const due = this.#due;
    let left = most;
    // Handlers may arm and drop anything; whatever they arm goes to a bucket that comes round later.
    while (due.next !== due && left > 0) {
      const entry = due.next as Timed;
      this.#unlink(entry);
      if (entry.deadlineAt <= nowMs) {
        entry.deadlineAt = NEVER;
        left--;
        entry.onDeadline(nowMs);
      } else if (entry.deadlineAt !== NEVER) {
        // It was moved later while it waited.
        this.#link(entry, this.#bucketTick(entry.deadlineAt));
      }
    }
  }

  /** The bucket of tick t comes round when t is over, so a deadline inside it never fires early. */
  #bucketTick(atMs: number): number {
    const tick = Math.floor(atMs / this.#tickMs);
    if (tick <= this.#tick) return this.#tick;
    return Math.min(tick, this.#tick + BUCKETS - 2);
  }

  #link(entry: Timed, tick: number): void {
    this.#append(entry, this.#buckets[tick & (BUCKETS - 1)] as Bucket, tick);
  }

  #append(entry: Timed, bucket: Bucket, tick: number): void {
    const previous = bucket.previous as Timed;
    entry.tick = tick;
    entry.previous = previous;
    entry.next = bucket;
    previous.next = entry;
    bucket.previous = entry;
    this.size += 1;
    if (tick === DUE) this.dueCount += 1;
  }

  #unlink(entry: Timed): void {
    const { previous, next } = entry;
    (previous as Timed).next = next;
    (next as Timed).previous = previous;
    if (entry.tick === DUE) this.dueCount -= 1;
    entry.previous = null;
    entry.next = null;
    entry.tick = UNLINKED;
    this.size -= 1;
  }
}
