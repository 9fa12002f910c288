/**
 * Finds the requests in the bytes that one client sends. What cannot be used yet waits here: the beginning of a head, and
 * requests that came before their turn.
 */
import type { FaultCode } from '#core/fault.ts';
import { INCOMPLETE, type HeadLimits } from '#http1/head.ts';
import { parseRequestHead, type RequestHead } from '#http1/request-head.ts';
import { HeldBytes } from './held-bytes.ts';

/** Requests of one connection that are answered at once before others get their turn: half a millisecond's worth. */
const BEGUN_PER_TURN = 32;

/** Who takes the requests. */
export interface RequestTaker {
  /** Whether a request may begin now. */
  readonly takesRequests: boolean;
  /** Whether one may begin later on this connection. */
  readonly keepsBytes: boolean;
  /** A head has begun and is not whole. */
  onHeadBegun(): void;
  /** The head that ends at `headEnd` has just been parsed. Returns the offset behind what was used of `buf[headEnd, end)`. */
  onRequest(buf: Buffer, headEnd: number, end: number): number;
  /** What begins like this is no request. */
  onNoRequest(fault: FaultCode, head: Buffer): void;
  /** Bytes wait here that cannot be used yet. */
  onHeld(bytes: number): void;
  /** The requests that wait are not all begun in this turn of the loop: read nothing until `onTurn`. */
  onYield(): void;
  onTurn(): void;
}

export class RequestFeed {
  /** Inside `take`: requests that are answered at once are followed by the next without anyone asking for it. */
  taking = false;
  /** More requests wait than were begun in this turn of the loop. */
  yielded = false;
  readonly #taker: RequestTaker;
  readonly #head: RequestHead;
  readonly #limits: HeadLimits;
  #held: HeldBytes | null = null;

  /** `head`: where heads are parsed into. */
  constructor(taker: RequestTaker, head: RequestHead, limits: HeadLimits) {
    this.#taker = taker;
    this.#head = head;
    this.#limits = limits;
  }

  /** Nothing waits. */
  get isEmpty(): boolean {
    return this.#held === null;
  }

  /** Bytes arrived while a request may begin. */
  onBytes(buf: Buffer, start: number, end: number): void {
    if (this.#held === null) this.#take(buf, start, end, null);
    // A head that comes in crumbs is looked at again when a line ends or it has doubled, so that the work stays linear.
    else if (this.#held.append(buf, start, end) && !this.yielded) this.takeHeld();
  }

  /** Bytes arrived before their turn. */
  hold(buf: Buffer, start: number, end: number): void {
    this.#held ??= new HeldBytes();
    this.#held.append(buf, start, end);
    this.#taker.onHeld(this.#held.length);
  }

  /** Begins what waits. */
  takeHeld(): void {
    const held = this.#held;
    if (held === null) return;
    this.#held = null;
    const all = held.take();
    this.#take(all, 0, all.length, held);
  }

  /** Hands over what waits, if anything, and forgets it. */
  empty(): Buffer | null {
    const all = this.#held?.take() ?? null;
    this.#held = null;
    return all;
  }

  /** The other connections have had their turn. */
  turn(): void {
    this.yielded = false;
    this.#taker.onTurn();
  }

  /** Begins as many of the requests in `buf[start, end)` as it can now, and holds the rest. `held`: where they lie already. */
  #take(buf: Buffer, start: number, end: number, held: HeldBytes | null): void {
    const taker = this.#taker;
    let at = start;
    let begun = 0;
    this.taking = true;
    while (at < end && taker.takesRequests) {
      if (begun++ === BEGUN_PER_TURN) {
        this.#yield();
        break;
      }
      const next = parseRequestHead(buf, at, end, this.#head, this.#limits);
      if (next === INCOMPLETE) {
        taker.onHeadBegun();
        break;
      }
      if (next < 0) {
        taker.onNoRequest(-next, buf.subarray(at, end));
        break;
      }
      at = taker.onRequest(buf, next, end);
    }
    this.taking = false;
    if (at === end || !taker.keepsBytes) return;
    if (held === null) {
      this.hold(buf, at, end);
      return;
    }
    held.keep(end - at);
    this.#held = held;
    taker.onHeld(held.length);
  }

  #yield(): void {
    this.yielded = true;
    this.#taker.onYield();
    setImmediate(turn, this);
  }
}

function turn(feed: RequestFeed): void {
  feed.turn();
}
