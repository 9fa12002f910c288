/**
 * How long, and for how many more requests, one connection to a backend is used again.
 *
 * Why: a backend closes a connection that it has not used for a while, and a request that meets that end on its way is lost.
 * One that may be repeated is repeated; a POST costs its client a 502 (measured: 1 to 7 of 1,000 where requests come about as
 * seldom as the backend waits).
 * Conditions: the pool's idle time always; and what the backend says itself in the Keep-Alive field of its answers, which it
 * may leave out. `timeout=5` is the backend's whole patience, counted from when it sent its answer: the connection is given up
 * `MARGIN_MS` before its end, or at half of it where it is short. The margin covers the way there, a request that waits for
 * its turn in a busy worker, and the tick of the wheel. `timeout=0` and `max=0`: it is not used again.
 * Precedence: whatever ends first. The latest `timeout` counts; of `max`, which some servers count down (Apache) and others
 * repeat (Node), whatever of all that was said is reached first.
 * Cold start: nothing is known before the first answer, and nothing is kept then either. A connection that is given up costs a
 * handshake, no request. Source: draft-thomson-hybi-http-timeout-03; undici's `keepAliveTimeoutThreshold`.
 */
import type { Fields } from '#http1/head.ts';
import { KeepAliveTerms, readKeepAlive } from '#http1/keep-alive.ts';

const MARGIN_MS = 1000;
/** Of a time too short for that margin. */
const MARGIN_SHARE = 0.5;

/** What the field of the present answer says: one answer is read at a time. */
const TERMS = new KeepAliveTerms();

export class ReuseTerms {
  #idleMsMost = Infinity;
  #requests = 0;
  #requestsMost = Infinity;

  /** An answer has come on this connection, with these fields. */
  answered(buf: Uint8Array, fields: Fields): void {
    this.#requests += 1;
    readKeepAlive(buf, fields, TERMS);
    const { timeoutS, max } = TERMS;
    if (timeoutS !== -1) this.#idleMsMost = timeoutS * 1000 - Math.min(MARGIN_MS, timeoutS * 1000 * MARGIN_SHARE);
    if (max !== -1) this.#requestsMost = Math.min(this.#requestsMost, this.#requests + max);
  }

  /** For how many milliseconds it may wait for its next request; 0: it is not used again. `poolIdleMs` 0: without end. */
  idleMs(poolIdleMs: number): number {
    if (this.#requests >= this.#requestsMost) return 0;
    return Math.min(this.#idleMsMost, poolIdleMs > 0 ? poolIdleMs : Infinity);
  }
}
