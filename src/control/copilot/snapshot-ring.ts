/**
 * Snapshots of the past few windows, taken a few times in each, so that "the last minute" can be told from what was before it at
 * any moment. A window is a span between two snapshots, so it is what was asked for or up to a quarter longer.
 *
 * EARLIER_WINDOWS windows are kept before the last one: long enough that a fault of a minute does not become the usual state, short
 * enough that what it is compared with is today's traffic.
 */
import type { Snapshot } from './snapshot.ts';

/** Snapshots in each window. */
export const PER_WINDOW = 4;
const EARLIER_WINDOWS = 5;
/** The last window, those before it, and one in each direction for spans that do not fall on a snapshot. */
const KEPT_MAX = (EARLIER_WINDOWS + 1) * PER_WINDOW + 2;
/** A window of which less has passed says nothing about what was usual before. */
const EARLIER_SHARE_MIN = 0.5;

export interface Spans {
  readonly now: Snapshot;
  /** Where the last window begins. */
  readonly base: Snapshot;
  /** Where the time before it begins; null: too little is kept. */
  readonly before: Snapshot | null;
}

export class SnapshotRing {
  /** The oldest first. */
  readonly #kept: Snapshot[] = [];

  add(snapshot: Snapshot): void {
    this.#kept.push(snapshot);
    if (this.#kept.length > KEPT_MAX) this.#kept.shift();
  }

  /** `now` was just taken. Null: nothing is kept yet. */
  spans(now: Snapshot, windowMs: number): Spans | null {
    const [oldest] = this.#kept;
    if (oldest === undefined) return null;
    const base = this.#kept.findLast(({ atMs }) => atMs <= now.atMs - windowMs) ?? oldest;
    const farthest = base.atMs - EARLIER_WINDOWS * windowMs;
    const before = this.#kept.find(({ atMs }) => atMs >= farthest) ?? oldest;
    const isEnough = base.atMs - before.atMs >= EARLIER_SHARE_MIN * windowMs;
    return { now, base, before: isEnough ? before : null };
  }
}
