/**
 * What replicas tell each other of themselves: once a second each hangs up a report, and reads those of the others. When the
 * set of its open circuits changes it does not wait for the second. While the store is lost, what the others have said holds
 * for a few seconds, and no longer: a hint that is old misleads.
 */
import type { ReplicaReport } from '#contract/replicas.ts';
import type { Cancel, Timers } from '#core/ports.ts';
import type { BoardStore, Posted } from './board-store.ts';
import { inTime } from './in-time.ts';
import { REPORT_MS_MAX } from './redis-board-store.ts';
import { readReport } from './replica-report.ts';

const ROUND_MS = 1_000;
/** How often it is looked whether something must be told sooner. */
const LOOK_MS = 200;
/** A store that does not answer for so long is not waited for. */
const ANSWER_MS = 1_000;

export interface Other {
  readonly id: string;
  /** When it was told, by the clock here. */
  readonly atMs: number;
  readonly report: ReplicaReport;
}

export interface ReplicaBoardOptions {
  readonly store: BoardStore;
  /** Of this replica. */
  readonly id: string;
  readonly report: () => ReplicaReport;
  /** What the others should hear of at once: told early whenever it changes. */
  readonly urgent: () => string;
  /** The others have been heard, or are no longer. */
  readonly onOthers: (others: readonly Other[]) => void;
  readonly timers: Timers;
}

export class ReplicaBoard {
  readonly #options: ReplicaBoardOptions;
  #others: readonly Other[] = [];
  #heardAtMs = -Infinity;
  #toldAtMs = -Infinity;
  #urgent = '';
  #asking = false;
  #cancel: Cancel | null = null;
  #stopped = false;

  constructor(options: ReplicaBoardOptions) {
    this.#options = options;
  }

  /** Without those that have not been heard of for too long. */
  get others(): readonly Other[] {
    const oldestMs = this.#options.timers.nowMs() - REPORT_MS_MAX;
    return this.#others.filter(({ atMs }) => atMs > oldestMs);
  }

  /** Whether the others could be asked lately. */
  get connected(): boolean {
    return this.#options.timers.nowMs() - this.#heardAtMs < 2 * ROUND_MS + ANSWER_MS;
  }

  start(): void {
    this.#look();
  }

  /** Says that it stops, so that nobody takes it for lost; resolves when that is said, or cannot be. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#cancel?.();
    const { store, id, timers } = this.#options;
    if (this.connected) await inTime(store.leave(id), timers, ANSWER_MS).catch(() => {});
  }

  #look(): void {
    const { timers, urgent } = this.#options;
    const nowMs = timers.nowMs();
    if (!this.#asking && (nowMs - this.#toldAtMs >= ROUND_MS || urgent() !== this.#urgent)) void this.#round(nowMs);
    this.#cancel = timers.after(LOOK_MS, () => this.#look());
  }

  async #round(nowMs: number): Promise<void> {
    const { store, id, report, urgent, timers, onOthers } = this.#options;
    this.#asking = true;
    this.#toldAtMs = nowMs;
    const said = urgent();
    try {
      const posted = await inTime(store.exchange(id, JSON.stringify(report())), timers, ANSWER_MS);
      if (this.#stopped) return;
      this.#urgent = said;
      this.#heardAtMs = timers.nowMs();
      this.#others = posted.flatMap((one) => this.#other(one));
    } catch {
      // It is told again; that the store is lost is said by the limits, which ask more often.
    }
    this.#asking = false;
    if (!this.#stopped) onOthers(this.others);
  }

  #other({ replica, ageMs, report: text }: Posted): Other[] {
    if (replica === this.#options.id) return [];
    const report = readReport(text);
    return report === null ? [] : [{ id: replica, atMs: this.#heardAtMs - ageMs, report }];
  }
}
