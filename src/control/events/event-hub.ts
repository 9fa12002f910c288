/**
 * Where everything that happens comes together and goes out to whoever listens (`GET /admin/events`).
 *
 * State changes are kept, always, in a bounded memory, so that a listener whose connection was lost can be sent what it has
 * missed. Figures are worked out once a second for all, only while somebody wants them, and are not kept. Nothing waits for
 * a listener: one that does not read is cut off (event-stream.ts). A gap is told, never hidden.
 *
 * Ids hold the start that they were given in (contract/events.ts): after a restart numbers begin anew, and an id from before
 * would otherwise look like one that is good.
 */
import type { Readable } from 'node:stream';
import type { EventData, GapEvent, MetricsEvent, StateChangeType } from '#contract/events.ts';
import type { Cancel, Timers } from '#core/ports.ts';
import { eventFrame, idOf, openingFrame, readId } from './event-frame.ts';
import { EventMemory } from './event-memory.ts';
import { EventStream, type StreamTerms } from './event-stream.ts';
import { Places } from './places.ts';

const TICK_MS = 1000;

/** The figures of the `seconds` since the last call, or since it was made. */
export type TakeFigures = (seconds: number) => Omit<MetricsEvent, 'at' | 'seconds'>;

export interface EventHubOptions {
  /** Hexadecimal digits, 8 to 32, drawn for this start. */
  readonly start: string;
  readonly timers: Timers;
  /** Begins to take figures. Called when the first listener wants them. */
  readonly figures: () => TakeFigures;
}

export interface StreamCounts {
  readonly open: number;
  /** Cut off because they did not read. */
  readonly dropped: number;
  /** There was no place for them. */
  readonly refused: number;
}

export class EventHub {
  readonly #options: EventHubOptions;
  readonly #memory = new EventMemory();
  readonly #places = new Places();
  readonly #streams = new Set<EventStream>();
  #dropped = 0;
  #refused = 0;
  #closed = false;
  #cancel: Cancel | null = null;
  #dueMs = 0;
  #taking: { readonly take: TakeFigures; sinceMs: number } | null = null;

  constructor(options: EventHubOptions) {
    this.#options = options;
  }

  get counts(): StreamCounts {
    return { open: this.#streams.size, dropped: this.#dropped, refused: this.#refused };
  }

  /** A state has changed. */
  publish<T extends StateChangeType>(type: T, data: Omit<EventData[T], 'at'>): void {
    const frame = this.#frame(type, this.#memory.next, data);
    this.#memory.add(type, frame);
    this.#send(type, frame);
  }

  /** `after`: the id that was seen last; null: what comes from now on. `full`: no place; `closed`: the process is stopping. */
  subscribe(terms: StreamTerms, after: string | null): Readable | 'full' | 'closed' {
    if (this.#closed) return 'closed';
    if (!this.#places.take(terms.owner)) {
      this.#refused += 1;
      return 'full';
    }
    const now = this.#options.timers.nowMs();
    const stream = new EventStream(terms, now, (gone) => this.#leave(gone));
    this.#streams.add(stream);
    this.#begin(stream, after, now);
    if (stream.wants('metrics')) this.#taking ??= { take: this.#options.figures(), sinceMs: now };
    if (this.#cancel === null) {
      this.#dueMs = now;
      this.#schedule(now);
    }
    return stream;
  }

  /** Ends all streams; what happens from now on is nobody's to hear. */
  close(): void {
    this.#closed = true;
    for (const stream of this.#streams) stream.finish();
    this.#rest();
  }

  #begin(stream: EventStream, after: string | null, now: number): void {
    const { start } = this.#options;
    const memory = this.#memory;
    if (after === null) return stream.send(openingFrame(idOf({ start, number: memory.newest })), now);
    const id = readId(after);
    const isOurs = id !== null && id.start === start && id.number <= memory.newest;
    const { events, lost } = memory.after(isOurs ? id.number : 0);
    const from = memory.newest - events.length;
    stream.send(openingFrame(idOf({ start, number: from })), now);
    const gap = isOurs
      ? lost > 0 && { reason: 'overrun' as const, missed: lost }
      : { reason: id === null || id.start === start ? ('unknown' as const) : ('restarted' as const), missed: null };
    if (gap !== false) stream.send(this.#frame('gap', from, gap satisfies Omit<GapEvent, 'at'>), now);
    for (const { type, frame } of events) if (stream.wants(type)) stream.send(frame, now);
  }

  #leave(stream: EventStream): void {
    if (!this.#streams.delete(stream)) return;
    this.#places.leave(stream.terms.owner);
    if (stream.dropped) this.#dropped += 1;
    if (this.#streams.size === 0) this.#rest();
    else if (![...this.#streams].some((one) => one.wants('metrics'))) this.#taking = null;
  }

  /** Nobody listens: nothing is to be done each second. */
  #rest(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#taking = null;
  }

  #schedule(now: number): void {
    // Late ones do not move those that follow; many that are due at once are one.
    this.#dueMs = Math.max(this.#dueMs + TICK_MS, now);
    this.#cancel = this.#options.timers.after(this.#dueMs - now, () => this.#tick());
  }

  #tick(): void {
    const { timers } = this.#options;
    const now = timers.nowMs();
    for (const stream of this.#streams) if (!stream.terms.isWelcome()) stream.finish();
    const taking = this.#taking;
    if (taking !== null && now > taking.sinceMs) {
      const seconds = (now - taking.sinceMs) / 1000;
      taking.sinceMs = now;
      const data = { seconds: Math.round(seconds * 1000) / 1000, ...taking.take(seconds) };
      this.#send('metrics', this.#frame('metrics', this.#memory.newest, data));
    }
    for (const stream of this.#streams) stream.beat(now);
    if (this.#streams.size > 0) this.#schedule(now);
    else this.#cancel = null;
  }

  #send(type: string, frame: Buffer): void {
    const now = this.#options.timers.nowMs();
    for (const stream of this.#streams) if (stream.wants(type)) stream.send(frame, now);
  }

  #frame(type: string, number: number, data: object): Buffer {
    const at = new Date(this.#options.timers.wallMs()).toISOString();
    return eventFrame(type, idOf({ start: this.#options.start, number }), { at, ...data });
  }
}
