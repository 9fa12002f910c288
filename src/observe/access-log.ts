/**
 * The access log of one worker: a line for each exchange, formatted as bytes where it waits to be written (line-queue.ts), some
 * dozens at a time. It never waits for its reader; lines that find no room are dropped, counted, and told of by a line of their own.
 *
 * Not every request has to be logged (`sample`), but every one that will be looked for is: answers of 500 and above, answers
 * of the proxy's own, exchanges that ended early or took more than one attempt, and the slowest (slow-mark.ts). A line that was
 * drawn from the rest says how many it stands for (`weight`), so that sums over the lines are right.
 */
import { Outcome, outcomeOfStatus } from '#core/outcome.ts';
import type { Random } from '#core/ports.ts';
import { G, type CounterRow } from '#memory/counters.ts';
import { LINE_BYTES_MAX, putDropped, putLine } from './access-line.ts';
import { AccessTemplate, COMBINED } from './access-template.ts';
import { ExchangeNotes } from './exchange-notes.ts';
import type { LineOutput } from './line-output.ts';
import { LineQueue } from './line-queue.ts';
import { SlowMark } from './slow-mark.ts';

/** How often `tick` has to be called: no line waits longer for a write. */
export const FLUSH_MS = 50;

/**
 * So many exchanges wait for their lines at most. Lines are written together: one at a time, between all else that a request
 * needs, each took 0.6 µs more, of 4.0 that logging a request cost.
 */
const PENDING_MAX = 64;

/** How lines are written: JSON, the combined log format, or a template of the operator's. */
export type LineFormat = 'json' | 'clf' | { readonly template: string };

export class AccessLog {
  /** Share of requests that are logged, 0 to 1. */
  sample: number;
  /** Null: JSON. */
  #template: AccessTemplate | null = null;
  readonly #slow = new SlowMark();
  readonly #counters: CounterRow;
  readonly #random: Random;
  #queue: LineQueue;
  /** What `performance.now()` lacks to the wall clock. Looked at again with each tick, since that clock is set now and then. */
  #wallMs = wallClockMs();
  /** Exchanges that are over and have no line yet: their notes, when they ended, how many each stands for. */
  readonly #pending: ExchangeNotes[] = [];
  readonly #endedMs = new Float64Array(PENDING_MAX);
  readonly #weights = new Float64Array(PENDING_MAX);
  /** Notes to be used again. */
  readonly #spare: ExchangeNotes[] = [];
  /** Outputs that were replaced and still have lines to write. */
  readonly #closing = new Set<Promise<void>>();

  constructor(output: LineOutput, sample: number, counters: CounterRow, random: Random) {
    this.sample = sample;
    this.#counters = counters;
    this.#random = random;
    this.#queue = this.#queueFor(output);
  }

  /** Bytes that wait to be written. */
  get waiting(): number {
    return this.#queue.waiting;
  }

  /**
   * The exchange is over; its line is written now, so that its notes may be used again. `nowMs` is `performance.now()`.
   */
  write(notes: ExchangeNotes, nowMs: number): void {
    const weight = this.sample < 1 ? this.#weightOf(notes, nowMs) : 1;
    if (weight === 0) return;
    this.#drain();
    notes.keepId();
    this.#put(notes, nowMs, weight);
  }

  /** As `write`, but the notes are kept until their line is written. Gives others in exchange. */
  take(notes: ExchangeNotes, nowMs: number): ExchangeNotes {
    const weight = this.sample < 1 ? this.#weightOf(notes, nowMs) : 1;
    if (weight === 0) return notes;
    notes.keepId();
    const at = this.#pending.push(notes) - 1;
    this.#endedMs[at] = nowMs;
    this.#weights[at] = weight;
    if (at + 1 === PENDING_MAX) this.#drain();
    return this.#spare.pop() ?? new ExchangeNotes();
  }

  #drain(): void {
    const pending = this.#pending;
    for (let at = 0; at < pending.length; at++) {
      const notes = pending[at] as ExchangeNotes;
      this.#put(notes, this.#endedMs[at] as number, this.#weights[at] as number);
      notes.trim();
      this.#spare.push(notes);
    }
    pending.length = 0;
  }

  #put(notes: ExchangeNotes, nowMs: number, weight: number): void {
    if (this.#queue.untold > 0) this.#tell(nowMs);
    const queue = this.#queue;
    if (!queue.reserve(LINE_BYTES_MAX)) {
      queue.drop();
      return;
    }
    const { startedMs } = notes;
    const beganMs = startedMs + this.#wallMs;
    const end =
      this.#template === null
        ? putLine(queue.buffer, queue.at, notes, beganMs, nowMs - startedMs, weight)
        : this.#template.put(queue.buffer, queue.at, notes, beganMs, nowMs - startedMs, weight);
    queue.commit(end, nowMs);
  }

  /** Lines are written like this from now on. */
  set format(format: LineFormat) {
    this.#drain();
    if (format === 'json') this.#template = null;
    else this.#template = new AccessTemplate(format === 'clf' ? COMBINED : format.template);
  }

  /** How many exchanges the line of this one stands for; 0: it is not drawn. */
  #weightOf(notes: ExchangeNotes, nowMs: number): number {
    const slow = this.#slow.isSlow(nowMs - notes.startedMs);
    if (slow || notes.fault !== 0 || notes.attempts > 1 || outcomeOfStatus(notes.status) !== Outcome.success) return 1;
    return this.#random() < this.sample ? Math.round(1 / this.sample) : 0;
  }

  /** Called every FLUSH_MS by whoever owns a clock. */
  tick(nowMs: number): void {
    this.#drain();
    this.#wallMs = wallClockMs();
    const queue = this.#queue;
    queue.flush(nowMs);
    if (queue.untold === 0) return;
    this.#tell(nowMs);
    queue.flush(nowMs);
  }

  /** Writes to `output` from now on; what waits goes where it was meant to go. */
  redirect(output: LineOutput): void {
    this.#drain();
    const closing = this.#queue.close().finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
    this.#queue = this.#queueFor(output);
  }

  /** Writes what waits, here and now: the thread is about to end. */
  flushSync(): void {
    this.#drain();
    if (this.#queue.untold > 0) this.#tell(performance.now());
    this.#queue.flushSync();
  }

  /** Writes what waits, and closes. Nothing may be written afterwards. */
  async close(): Promise<void> {
    this.#drain();
    if (this.#queue.untold > 0) this.#tell(performance.now());
    await Promise.all([...this.#closing, this.#queue.close()]);
  }

  #tell(nowMs: number): void {
    const queue = this.#queue;
    const { untold } = queue;
    if (!queue.reserve(LINE_BYTES_MAX)) return;
    queue.tell(putDropped(queue.buffer, queue.at, nowMs + this.#wallMs, untold), nowMs);
  }

  #queueFor(output: LineOutput): LineQueue {
    return new LineQueue({
      output,
      onDropped: (lines) => {
        this.#counters.global[G.accessLogDropped]! += lines;
      },
    });
  }
}

function wallClockMs(): number {
  return Date.now() - performance.now();
}
