/**
 * Turns a worker's wheel of deadlines. Thousands may run out of time together, as slow clients do that came together; ending
 * one costs about 20 us, so that a bucket of them would hold up everybody else for milliseconds. Few that are due fire at
 * once. More are spread evenly over the tick that follows, a share each millisecond, so that a request meets one share at
 * most. The share is worked out anew at every tick from all that is left: what falls due within a tick is gone by the end of
 * the next, whatever the number, unless the worker has no time at all. It holds no state but the share, so that it starts
 * and recovers at once.
 */
import { DeadlineWheel } from './deadline.ts';

/** Due together and fired together: a tenth of a millisecond's worth. */
const AT_ONCE = 4;
/** As fine as timers go. */
const STEP_MS = 1;
/** Steps that a tick of 50 ms surely has: each timer is late by up to a quarter of a millisecond. */
const STEPS_PER_TICK = 40;
/** The most that fire before others get their turn, a fifth of a millisecond's worth: a larger share takes several turns. */
const PER_TURN = 8;

export class DeadlineClock {
  readonly #wheel: DeadlineWheel;
  readonly #onTick: (nowMs: number) => void;
  #ticks: NodeJS.Timeout | null = null;
  /** Runs while more is due than fires at once. */
  #steps: NodeJS.Timeout | null = null;
  #turn: NodeJS.Immediate | null = null;
  /** How many fire at each step. */
  #share = 0;
  /** What is left of the present step's share. */
  #left = 0;

  /** `onTick` is called first at each tick. */
  constructor(wheel: DeadlineWheel, onTick: (nowMs: number) => void) {
    this.#wheel = wheel;
    this.#onTick = onTick;
  }

  start(): void {
    this.#ticks ??= setInterval(() => this.#tick(), DeadlineWheel.tickMs);
  }

  stop(): void {
    if (this.#ticks !== null) clearInterval(this.#ticks);
    this.#ticks = null;
    this.#calm();
  }

  #tick(): void {
    const nowMs = performance.now();
    this.#onTick(nowMs);
    this.#wheel.advance(nowMs, this.#steps === null ? AT_ONCE : 0);
    const { dueCount } = this.#wheel;
    if (dueCount === 0) return;
    this.#share = Math.ceil(dueCount / STEPS_PER_TICK);
    this.#steps ??= setInterval(() => this.#step(), STEP_MS);
  }

  #step(): void {
    this.#left = this.#share;
    // The step before is still at it.
    if (this.#turn === null) this.#fire();
  }

  #fire(): void {
    const most = Math.min(this.#left, PER_TURN);
    this.#left -= most;
    if (this.#wheel.advance(performance.now(), most)) this.#calm();
    else if (this.#left > 0) this.#turn = setImmediate(nextTurn, this);
  }

  /** The other connections have had their turn. */
  nextTurn(): void {
    this.#turn = null;
    this.#fire();
  }

  #calm(): void {
    if (this.#steps !== null) clearInterval(this.#steps);
    if (this.#turn !== null) clearImmediate(this.#turn);
    this.#steps = null;
    this.#turn = null;
    this.#left = 0;
  }
}

function nextTurn(clock: DeadlineClock): void {
  clock.nextTurn();
}
