/**
 * One listener's stream. What it does not read waits here up to a bound; one that is further behind is cut off, and may come
 * back with the last id that it has seen. Frames are shared between streams: what waits in many of them is there once.
 */
import { Readable } from 'node:stream';
import { HEARTBEAT } from './event-frame.ts';
import type { Owner } from './places.ts';

/** Twice what is kept (event-memory.ts), so that whoever comes back can be sent all of it and has room for more. */
export const BEHIND_BYTES_MAX: number = 1024 * 1024;
/** Balancers in front cut connections that are silent for 60 s (AWS ALB), some after 30 s. */
export const BEAT_MS = 15_000;
/**
 * Through a worker: it cannot tell a client that has gone from one that has only ended its own side (RFC 9112, 9.6) before it
 * writes to it, and until then a place is taken.
 */
export const WORKER_BEAT_MS = 5_000;

/** Beats come with the hub's seconds, some of which are a little short: one that is nearly due is due. */
const NEARLY_MS = 500;

export interface StreamTerms {
  /** Null: all. */
  readonly types: ReadonlySet<string> | null;
  readonly owner: Owner;
  /** Milliseconds of silence after which it says that it is still there. */
  readonly beatMs: number;
  /** Whether it may still listen: its token or session may be gone. Asked each second. */
  readonly isWelcome: () => boolean;
}

export class EventStream extends Readable {
  readonly terms: StreamTerms;
  /** Was cut off because it was too far behind. */
  dropped = false;
  #sentMs: number;
  #finished = false;
  readonly #onGone: (stream: EventStream) => void;

  /** `onGone` is called once, however it ends. */
  constructor(terms: StreamTerms, nowMs: number, onGone: (stream: EventStream) => void) {
    super({ highWaterMark: BEHIND_BYTES_MAX, emitClose: true });
    this.terms = terms;
    this.#sentMs = nowMs;
    this.#onGone = onGone;
  }

  wants(type: string): boolean {
    return this.terms.types?.has(type) ?? true;
  }

  /** Frames are pushed as they come. */
  override _read(): void {}

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#onGone(this);
    callback(error);
  }

  /** `nowMs`: monotonic. */
  send(frame: Buffer, nowMs: number): void {
    if (this.destroyed || this.#finished) return;
    if (this.readableLength + frame.length > BEHIND_BYTES_MAX) {
      this.dropped = true;
      this.destroy();
      return;
    }
    this.#sentMs = nowMs;
    this.push(frame);
  }

  /** To be called each second. */
  beat(nowMs: number): void {
    if (nowMs - this.#sentMs >= this.terms.beatMs - NEARLY_MS) this.send(HEARTBEAT, nowMs);
  }

  /** Ends it in order; one that is behind is cut off, since nobody knows when it would read the rest. */
  finish(): void {
    if (this.destroyed || this.#finished) return;
    this.#finished = true;
    // What was pushed before anybody reads is no sign of a slow reader.
    if (this.readableFlowing === null || this.readableLength === 0) this.push(null);
    else this.destroy();
  }
}
