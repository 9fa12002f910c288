/**
 * Which picks of an exchange are recorded, and their records: all of one that is sampled or asked for, and those of second and
 * further attempts of any. One per exchange. Where the plan wants no records, a pick costs one branch here.
 */
import type { Tried } from '#core/balancing/tried.ts';
import { FIELD_STRIDE, FieldId } from '#http1/head.ts';
import type { RequestHead } from '#http1/request-head.ts';
import type { NamedPick } from '#observe/decision-record.ts';
import type { DataPlane } from './data-plane.ts';
import type { Pool } from './pool.ts';

export class PickNotes {
  /** Why every pick is recorded; null: not every one is. */
  marked: 'asked' | 'sampled' | null = null;
  /** By how many attempts had begun before; at most as many as an exchange makes (retries.ts). */
  readonly list: (NamedPick | null)[] = [];
  /** The pick that found nobody, and ended the exchange. */
  refused: NamedPick | null = null;
  readonly #plane: DataPlane;

  constructor(plane: DataPlane) {
    this.#plane = plane;
  }

  /** An exchange begins: whether it is recorded. */
  begin(buf: Buffer, { fields }: RequestHead, nowMs: number): boolean {
    const { book, explainKeys } = this.#plane;
    if (this.list.length > 0) this.list.length = 0;
    this.refused = null;
    this.marked = null;
    if (book === null) return false;
    if (book.draws(nowMs)) this.marked = 'sampled';
    if ((fields.seen & (1 << FieldId.xEdgebalancerExplain)) !== 0) {
      const at = fields.find(FieldId.xEdgebalancerExplain) * FIELD_STRIDE;
      if (explainKeys.fits(buf, fields.at[at + 2] as number, fields.at[at + 3] as number, nowMs)) this.marked = 'asked';
    }
    return this.marked !== null;
  }

  /** As `Pool.take`. */
  take(pool: Pool, key: number, nowMs: number, tried: Tried, repeatable: boolean, again: boolean): number {
    const { book, pickRecorder } = this.#plane;
    if (book === null || (this.marked === null && tried.count === 0))
      return pool.take(key, nowMs, tried, repeatable, again);
    pool.selector.recorder = pickRecorder;
    const slot = pool.take(key, nowMs, tried, repeatable, again);
    pool.selector.recorder = null;
    // What found nobody may find somebody yet, in line.
    if (slot >= 0) this.list[tried.count] = pool.named(pickRecorder, slot);
    return slot;
  }

  /** Nobody could be picked, and that is the end: why, as far as it can be told now. */
  refuse(pool: Pool, slot: number, key: number, tried: Tried): void {
    const { book, pickRecorder } = this.#plane;
    if (book === null) return;
    const nowMs = performance.now();
    if (this.marked === null && !book.hasRoom(nowMs)) return;
    pool.selector.describe(pickRecorder, key, nowMs, tried);
    this.refused = pool.named(pickRecorder, slot);
  }
}
