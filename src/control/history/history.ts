/**
 * The past 24 hours of the counters: each second of the past hour, each minute of the past day, over restarts. Once a second
 * it asks what has happened, files it in memory under the second that has just ended, and has a copy kept in a file.
 *
 * Time. How long a step was is said by the monotonic clock that timers obey, when it was by the wall clock. A second in which
 * nothing was recorded is missing, not zero. A sample that comes late holds what came since the one before. Where the wall
 * clock is put forward, the time between is missing; where it is put back, seconds that come a second time are added to
 * those that are there. Amounts are never negative: the tables start from 0 with each process, and the sampler knows where a
 * row was given to something else.
 */
import { join } from 'node:path';
import type { HistoryAnswer } from '#contract/history.ts';
import type { Cancel, Log, Timers } from '#core/ports.ts';
import type { HistoryPort } from '../admin/ports.ts';
import { historyAnswer } from './history-answer.ts';
import { HistoryMirror } from './history-mirror.ts';
import { FINE_SLACK_S, HISTORY_FINE_SPAN_S } from './history-range.ts';
import { HistoryStore, type StoreLimits } from './history-store.ts';
import type { Sample } from './step.ts';

export const HISTORY_FILE = 'history.sqlite';

const SECOND_MS = 1000;
/** A timer may fire a moment early; the second must be over all the same. */
const AFTER_THE_SECOND_MS = 20;

export interface HistoryOptions {
  /** The state directory (`state.dir`); null: memory only. */
  readonly dir: string | null;
  readonly timers: Timers;
  readonly log: Log;
  /** What has happened since it was asked before; `historySampler` of supervisor/history-sampler.ts. */
  readonly sample: () => Sample;
  readonly limits?: StoreLimits;
}

/** Of the supervisor; `between` is the admin API's. */
export interface History extends HistoryPort {
  /** Begins to sample. The file is opened with the first sample or question: a start does not wait for it. */
  start(): void;
  /** Records what is left, writes it and lets the file go. Answers go on. Harmless when it was never started. */
  stop(): void;
}

export function createHistory(options: HistoryOptions): History {
  return new SampledHistory(options);
}

class SampledHistory implements History {
  readonly #options: HistoryOptions;
  readonly #store: HistoryStore;
  readonly #mirror: HistoryMirror | null;
  #cancel: Cancel | null = null;
  #failed = false;

  constructor(options: HistoryOptions) {
    const { dir, timers, log, limits } = options;
    this.#options = options;
    const store = (this.#store = new HistoryStore(limits));
    this.#mirror = dir === null ? null : new HistoryMirror({ path: join(dir, HISTORY_FILE), store, timers, log });
  }

  start(): void {
    const { timers } = this.#options;
    const intoSecondMs = timers.wallMs() % SECOND_MS;
    this.#cancel = timers.after(SECOND_MS - intoSecondMs + AFTER_THE_SECOND_MS, () => {
      this.start();
      this.#record(this.#secondOver(SECOND_MS));
      this.#mirror?.keepUp();
    });
  }

  stop(): void {
    if (this.#cancel === null) return;
    this.#cancel();
    this.#cancel = null;
    this.#record(this.#secondOver(0));
    this.#mirror?.close();
  }

  between(fromMs: number, toMs: number, stepS: number | null): HistoryAnswer {
    // Asked within the first second of a process: the past is in the file.
    if (this.#cancel !== null) this.#mirror?.keepUp();
    const wish = { fromS: Math.floor(fromMs / SECOND_MS), toS: Math.ceil(toMs / SECOND_MS), stepS };
    const nowS = this.#secondNow();
    return historyAnswer(this.#store, wish, nowS, nowS - HISTORY_FINE_SPAN_S - FINE_SLACK_S / 2);
  }

  /** The second to which what happened since the last sample belongs, when it is over by now, or `agoMs` ago. */
  #secondOver(agoMs: number): number {
    return Math.max(0, Math.floor((this.#options.timers.wallMs() - AFTER_THE_SECOND_MS - agoMs) / SECOND_MS));
  }

  #secondNow(): number {
    return Math.floor(this.#options.timers.wallMs() / SECOND_MS);
  }

  /** A fault of the program here must not end what it only watches. */
  #record(atS: number): void {
    try {
      this.#store.record(atS, this.#options.sample());
    } catch (error) {
      if (this.#failed) return;
      this.#failed = true;
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.#options.log.error({ error: text }, 'a second of the history was lost to a fault of the program');
    }
  }
}
