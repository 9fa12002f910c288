/**
 * Watches p99, errors and circuits, and keeps one incident while they are out of their normal range: opened when something is out
 * at two looks in a row, closed when nothing was for a whole span. Its analysis is the copilot's when it was worst.
 *
 * What it costs: a few looks in each span, each at the history of one span (some dozens of steps); a diagnosis only when an
 * incident opens or grows worse. Kept are the newest INCIDENTS_MAX, in memory and in a file of the state directory.
 */
import type { Finding } from '#contract/copilot.ts';
import type {
  IncidentAnswer,
  IncidentEntry,
  IncidentFigures,
  IncidentMark,
  IncidentRoute,
  IncidentSign,
} from '#contract/incidents.ts';
import type { HistoryAnswer } from '#contract/history.ts';
import type { SimulationModel } from '#contract/simulate.ts';
import { signsOf, usualOf } from '#copilot/incidents/normal-range.ts';
import type { Cancel, Log, Timers } from '#core/ports.ts';
import { figuresOf } from './incident-figures.ts';
import type { IncidentFile } from './incident-file.ts';

/** A look takes in half of the copilot's window; so many looks make one such span. */
const SPANS_IN_WINDOW = 2;
export const LOOKS_IN_SPAN = 6;
/** Spans of the past that a look is compared with: ten minutes at the default window. */
const PAST_SPANS = 20;
const LOOKS_TO_OPEN = 2;
const INCIDENTS_MAX = 20;
/** A past span that overlaps with the look itself is no past. */
const PAST_FROM = LOOKS_IN_SPAN;
const TIMELINE_MAX = 200;
const BEFORE_MS = 120_000;

/** What the copilot makes of it at a moment. */
export interface Analysis {
  readonly findings: readonly Finding[];
  readonly routes: readonly IncidentRoute[];
}

export interface IncidentWatchOptions {
  readonly windowMs: () => number;
  readonly history: { between(fromMs: number, toMs: number, stepS: number | null): HistoryAnswer };
  readonly analyse: () => Promise<Analysis>;
  /** Of the pools that are meant; empty where there is nothing to make one of. */
  readonly models: (findings: readonly Finding[]) => readonly SimulationModel[];
  /** State changes from this moment on, the oldest first. */
  readonly marks: (fromMs: number) => readonly IncidentMark[];
  readonly file: IncidentFile;
  readonly timers: Timers;
  readonly log: Log;
}

interface Open {
  readonly openedMs: number;
  readonly usual: IncidentFigures;
  readonly signs: Set<IncidentSign>;
  worst: IncidentFigures;
  analysis: Analysis;
  models: readonly SimulationModel[];
  quietLooks: number;
}

export class IncidentWatch {
  readonly #options: IncidentWatchOptions;
  /** One for each look without an incident, the oldest first. */
  readonly #past: IncidentFigures[] = [];
  #ended: IncidentAnswer[] = [];
  #open: Open | null = null;
  #out = 0;
  #cancel: Cancel | null = null;
  #looking = false;

  constructor(options: IncidentWatchOptions) {
    this.#options = options;
  }

  start(): void {
    this.#ended = [...this.#options.file.read()];
    this.#next();
  }

  /** An incident that goes on is kept as it is by then. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  list(): IncidentEntry[] {
    return this.#all().map(entryOf);
  }

  get(id: string): IncidentAnswer | null {
    return this.#all().find((one) => one.id === id) ?? null;
  }

  #all(): IncidentAnswer[] {
    const open = this.#open === null ? [] : [this.#answer(this.#open, null)];
    return [...open, ...this.#ended];
  }

  #next(): void {
    const { timers, windowMs } = this.#options;
    const waitMs = Math.max(250, windowMs() / SPANS_IN_WINDOW / LOOKS_IN_SPAN);
    this.#cancel = timers.after(waitMs, () => {
      this.#next();
      // An analysis may take longer than a look is apart from the next.
      if (!this.#looking) void this.look();
    });
  }

  /** One look. A fault of the program here must not end what it only watches. */
  async look(): Promise<void> {
    this.#looking = true;
    try {
      await this.#judge();
    } catch (error) {
      this.#options.log.error(
        { error: error instanceof Error ? error.stack : String(error) },
        'incidents cannot be watched',
      );
    } finally {
      this.#looking = false;
    }
  }

  async #judge(): Promise<void> {
    const { history, windowMs, timers } = this.#options;
    const spanMs = Math.max(2000, windowMs() / SPANS_IN_WINDOW);
    const nowMs = timers.wallMs();
    const recent = figuresOf(history.between(nowMs - spanMs, nowMs, 1));
    const past = this.#past.slice(0, -PAST_FROM);
    const signs = signsOf(recent, past);
    this.#out = signs.length === 0 ? 0 : this.#out + 1;
    if (this.#open !== null) return await this.#follow(this.#open, recent, signs);
    if (this.#out >= LOOKS_TO_OPEN) return await this.#begin(recent, signs, past, nowMs);
    // What may be the beginning of an incident is not normal.
    if (signs.length > 0) return;
    this.#past.push(recent);
    if (this.#past.length > (PAST_SPANS + 1) * LOOKS_IN_SPAN) this.#past.shift();
  }

  async #begin(
    worst: IncidentFigures,
    signs: readonly IncidentSign[],
    past: readonly IncidentFigures[],
    openedMs: number,
  ): Promise<void> {
    const analysis = await this.#options.analyse();
    const models = this.#options.models(analysis.findings);
    const open = { openedMs, usual: usualOf(past), signs: new Set(signs), worst, analysis, models, quietLooks: 0 };
    this.#open = open;
    this.#options.log.warn({ incident: idOf(openedMs), signs }, `incident: ${saysOf(open)}`);
    await this.#keep();
  }

  async #follow(open: Open, recent: IncidentFigures, signs: readonly IncidentSign[]): Promise<void> {
    if (signs.length === 0) {
      open.quietLooks += 1;
      if (open.quietLooks >= LOOKS_IN_SPAN) await this.#close(open);
      return;
    }
    open.quietLooks = 0;
    for (const sign of signs) open.signs.add(sign);
    if (!isWorse(recent, open.worst)) return;
    open.worst = recent;
    open.analysis = await this.#options.analyse();
  }

  async #close(open: Open): Promise<void> {
    const closedMs = this.#options.timers.wallMs();
    this.#ended = [this.#answer(open, closedMs), ...this.#ended].slice(0, INCIDENTS_MAX);
    this.#open = null;
    this.#out = 0;
    this.#options.log.info({ incident: idOf(open.openedMs) }, 'the incident is over');
    await this.#keep();
  }

  #keep(): Promise<void> {
    return this.#options.file.write(this.#all());
  }

  #answer(open: Open, closedMs: number | null): IncidentAnswer {
    const { openedMs, usual, worst, signs, analysis, models } = open;
    const opened: IncidentMark = { at: iso(openedMs), kind: 'opened', says: saysOf(open) };
    const closed: IncidentMark[] =
      closedMs === null ? [] : [{ at: iso(closedMs), kind: 'closed', says: 'all is in its normal range again' }];
    const marks = this.#options
      .marks(openedMs - BEFORE_MS)
      .filter(({ at }) => closedMs === null || at <= iso(closedMs));
    const timeline = [opened, ...closed, ...marks].toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
    return {
      id: idOf(openedMs),
      openedAt: iso(openedMs),
      closedAt: closedMs === null ? null : iso(closedMs),
      signs: [...signs],
      says: saysOf(open),
      cause: analysis.findings[0]?.title ?? null,
      usual,
      worst,
      timeline: timeline.slice(0, TIMELINE_MAX),
      routes: analysis.routes,
      findings: analysis.findings,
      models,
    };
  }
}

function entryOf({ id, openedAt, closedAt, signs, says, cause, usual, worst }: IncidentAnswer): IncidentEntry {
  return { id, openedAt, closedAt, signs, says, cause, usual, worst };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

/** Such as `20260301T120405`: sorts by time, and is a name of a file. */
function idOf(ms: number): string {
  return iso(ms).slice(0, 19).replaceAll(/[-:]/g, '');
}

function isWorse(one: IncidentFigures, than: IncidentFigures): boolean {
  return (
    (one.errors ?? 0) > (than.errors ?? 0) * 1.2 ||
    (one.p99Ms ?? 0) > (than.p99Ms ?? 0) * 1.2 ||
    one.circuitOpens > than.circuitOpens
  );
}

function saysOf({ signs, usual, worst }: Pick<Open, 'signs' | 'usual' | 'worst'>): string {
  const percent = (value: number | null): string => `${((value ?? 0) * 100).toFixed(1)} %`;
  const ms = (value: number | null): string => `${(value ?? 0).toFixed(0)} ms`;
  const parts = [
    ...(signs.has('errors') ? [`${percent(worst.errors)} of the requests fail, usually ${percent(usual.errors)}`] : []),
    ...(signs.has('p99') ? [`p99 is ${ms(worst.p99Ms)}, usually ${ms(usual.p99Ms)}`] : []),
    ...(signs.has('circuits') ? [`${worst.circuitOpens} circuits have opened`] : []),
  ];
  return parts.join('; ');
}
