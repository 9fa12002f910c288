/**
 * The built-in copilot beside the running balancer: takes snapshots of the counts a few times in each window, diagnoses when it is
 * asked, and answers questions. It reads what any viewer may read, and changes nothing.
 *
 * What it costs. A diagnosis holds the thread for some milliseconds at a thousand backends, so its result stands for FRESH_MS: a
 * page that asks every second, or many pages, cost one each second. Cost estimates and predictions are asked for outside of it, kept
 * for a minute, and bounded in number; questions are answered one at a time for each who asks.
 */
import {
  QUESTION_LENGTH_MAX,
  type CopilotAnswer,
  type CopilotLine,
  type Finding,
  type PredictedEffect,
} from '#contract/copilot.ts';
import type { OverviewAnswer } from '#contract/admin.ts';
import type { CostAnswer } from '#contract/cost.ts';
import type { SimulatedChange } from '#contract/simulate.ts';
import { answer, completed, EXAMPLES, gapsOf, toldEffect } from '#copilot/answer.ts';
import { diagnose, type Diagnosis } from '#copilot/diagnose.ts';
import type { Readings } from '#copilot/readings.ts';
import { RULES } from '#copilot/rule-list.ts';
import { say } from '#copilot/told.ts';
import type { Cancel, Log, Timers } from '#core/ports.ts';
import type { Observed } from '#observe/observed.ts';
import type { CopilotPort, CostPort, EventsPort, HistoryPort } from '../admin/ports.ts';
import type { Environment } from '../config/environment.ts';
import type { ToolRunner } from '../tools/tool.ts';
import { readKeptEvents } from './kept-events.ts';
import type { Analysis } from './incidents/incident-watch.ts';
import type { ModelSettings } from './model/model-settings.ts';
import { Spending } from './model/spending.ts';
import { overviewOf, readPlane } from './plane-reader.ts';
import { PER_WINDOW, SnapshotRing } from './snapshot-ring.ts';
import { takeSnapshot, type Snapshot } from './snapshot.ts';

/** A diagnosis is asked for again after this long at the earliest. */
const FRESH_MS = 1000;
/** Estimates and predictions move slowly. */
const KEPT_MS = 60_000;
const EFFECTS_MAX = 100;
/** Of one answer: those of the worst findings. */
const PREDICTIONS_EACH = 3;
const DAY_MS = 86_400_000;
const MINUTE_S = 60;
/** Place of 5xx among the classes of a status. */
const SERVER_ERRORS = 4;
/** Of an incident: more are nobody's to read. */
const ROUTES_MAX = 10;
/** Below this many tasks none is too many, and the day need not be looked at. */
const TASKS_MIN = 3;
/** Questions that are answered at one time, whoever asks. */
const ASKING_MAX = 16;

/** Asks the simulator; null: it cannot say. Rejects when it is busy. */
export type Predict = (pool: string, changes: readonly SimulatedChange[]) => Promise<PredictedEffect | null>;

export interface CopilotOptions {
  readonly observed: () => Observed;
  readonly overview: () => OverviewAnswer;
  /** Milliseconds that findings look back on (`copilot.window`). */
  readonly windowMs: () => number;
  /** CPU time of the process so far, in seconds. */
  readonly cpuSeconds: () => number;
  readonly workerRestarts: () => number;
  readonly events: EventsPort;
  readonly history: HistoryPort;
  readonly cost: CostPort;
  /** Null: there is no simulator. */
  readonly predict: Predict | null;
  /** The model that answers questions, as it is configured now; null: the built-in provider does. */
  readonly model: () => ModelSettings | null;
  readonly env: Environment;
  readonly timers: Timers;
  readonly log: Log;
}

/** Of the supervisor; the rest is the admin API's. */
export interface Copilot extends CopilotPort {
  /** What it finds now, with the routes that requests came by: for incidents. */
  analyse(): Promise<Analysis>;
  start(): void;
  stop(): void;
}

export function createCopilot(options: CopilotOptions): Copilot {
  return new BuiltinCopilot(options);
}

interface Diagnosed {
  readonly atMs: number;
  readonly readings: Readings;
  readonly diagnoses: readonly Diagnosis[];
}

class BuiltinCopilot implements Copilot {
  readonly #options: CopilotOptions;
  readonly #ring = new SnapshotRing();
  readonly #asking = new Map<string, AbortController>();
  readonly #spending = new Spending();
  readonly #effects = new Map<string, { readonly atMs: number; readonly effect: PredictedEffect | null }>();
  #cancel: Cancel | null = null;
  #last: Diagnosed | null = null;
  #cost: { readonly atMs: number; readonly answer: CostAnswer | null } | null = null;
  #day: { readonly atMs: number; readonly day: Readings['day'] } | null = null;
  #failed = false;

  constructor(options: CopilotOptions) {
    this.#options = options;
  }

  start(): void {
    this.#keep();
    const { timers, windowMs } = this.#options;
    this.#cancel = timers.after(windowMs() / PER_WINDOW, () => this.start());
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  async analyse(): Promise<Analysis> {
    const { readings, diagnoses } = await this.#diagnosed();
    const findings = await Promise.all(diagnoses.map((one) => this.#complete(one, readings, false)));
    const routes = readings.routes.map(({ name, requests, statusClasses, latency }) => ({
      route: name,
      requests,
      serverErrors: statusClasses[SERVER_ERRORS] ?? 0,
      p99Ms: latency?.p99Ms ?? null,
    }));
    const worst = routes.toSorted((a, b) => b.serverErrors - a.serverErrors || (b.p99Ms ?? 0) - (a.p99Ms ?? 0));
    return { findings, routes: worst.filter(({ requests }) => requests > 0).slice(0, ROUTES_MAX) };
  }

  async state(): Promise<CopilotAnswer> {
    const { readings, diagnoses } = await this.#diagnosed();
    const findings = await Promise.all(diagnoses.map((one) => this.#complete(one, readings, false)));
    return {
      provider: this.#options.model()?.provider ?? 'builtin',
      model: this.#options.model()?.model ?? null,
      at: new Date(readings.atMs).toISOString(),
      windowS: readings.wantedS,
      coveredS: readings.windowS,
      findings,
      rules: RULES.map(({ name, summary }) => ({ name, summary })),
      gaps: gapsOf(readings, this.#options.predict !== null).map(({ text }) => text),
    };
  }

  ask(question: string, asker: string, run: ToolRunner): AsyncGenerator<CopilotLine> | 'busy' {
    if (this.#asking.has(asker) || this.#asking.size >= ASKING_MAX) return 'busy';
    const asking = new AbortController();
    this.#asking.set(asker, asking);
    return this.#answered(question.slice(0, QUESTION_LENGTH_MAX), asker, run, asking.signal);
  }

  leave(asker: string): void {
    this.#asking.get(asker)?.abort();
    this.#asking.delete(asker);
  }

  async *#answered(question: string, asker: string, run: ToolRunner, signal: AbortSignal): AsyncGenerator<CopilotLine> {
    try {
      const settings = this.#options.model();
      if (settings !== null) {
        const failure = yield* this.#byModel(settings, question, run, signal);
        if (failure === null || signal.aborted) return;
        this.#options.log.warn(
          { provider: settings.provider, model: settings.model, why: failure },
          'a model did not answer',
        );
        const text = `The model did not answer: ${failure}. What follows is the built-in provider's answer.`;
        yield { type: 'notice', text };
      }
      yield* this.#byRules(question);
    } finally {
      this.leave(asker);
    }
  }

  /** Why it could not answer, in words without a secret; null: it has. */
  async *#byModel(
    settings: ModelSettings,
    question: string,
    run: ToolRunner,
    signal: AbortSignal,
  ): AsyncGenerator<CopilotLine, string | null> {
    const { timers, env } = this.#options;
    const refused = this.#spending.refusal(settings, timers.wallMs());
    if (refused !== null) return refused;
    try {
      const [{ modelSource }, { answerByModel }, { failureText }] = await Promise.all([
        import('./model/model-source.ts'),
        import('./model/model-answer.ts'),
        import('./model/model-failure.ts'),
      ]);
      const source = await modelSource(settings, env);
      if ('problem' in source) return source.problem;
      try {
        yield* answerByModel({
          question,
          model: source.model,
          settings,
          run,
          at: new Date(timers.wallMs()).toISOString(),
          signal,
          onUsed: (used) => this.#spending.add(used, settings, timers.wallMs()),
        });
        return null;
      } catch (error) {
        return failureText(error, settings);
      }
    } catch (error) {
      return `its library could not be loaded (${error instanceof Error ? error.name : 'unknown'})`;
    }
  }

  async *#byRules(question: string): AsyncGenerator<CopilotLine> {
    const { readings, diagnoses } = await this.#diagnosed();
    yield { type: 'begin', provider: 'builtin', model: null, at: new Date(readings.atMs).toISOString(), question };
    const reply = answer(question, readings, diagnoses);
    if (reply === null) {
      yield {
        type: 'text',
        told: say`The built-in provider cannot answer that: it knows no word of it. It answers questions such as those listed.`,
      };
      yield { type: 'end', answered: false, canAnswer: EXAMPLES, uncited: [], tokens: null };
      return;
    }
    for (const told of reply.texts) yield { type: 'text', told };
    if (reply.whatIf !== undefined) {
      const effect = await this.#effect(reply.whatIf.pool, reply.whatIf.changes, true);
      yield { type: 'text', told: effect === null ? reply.whatIf.without : toldEffect(effect) };
    }
    for (const [at, finding] of reply.findings.entries()) {
      const whole = diagnoses.find((one) => one.finding === finding);
      yield {
        type: 'finding',
        finding: whole === undefined ? finding : await this.#complete(whole, readings, at < PREDICTIONS_EACH),
      };
    }
    yield { type: 'end', answered: true, canAnswer: [], uncited: [], tokens: null };
  }

  /** A fault of the program here must not end what it only watches. */
  #keep(): void {
    try {
      this.#ring.add(this.#snapshot());
    } catch (error) {
      if (this.#failed) return;
      this.#failed = true;
      this.#options.log.error(
        { error: error instanceof Error ? (error.stack ?? error.message) : String(error) },
        'the copilot could not read the counts',
      );
    }
  }

  #snapshot(): Snapshot {
    const { observed, timers, cpuSeconds, workerRestarts } = this.#options;
    return takeSnapshot(observed(), {
      atMs: timers.nowMs(),
      cpuSeconds: cpuSeconds(),
      workerRestarts: workerRestarts(),
    });
  }

  async #diagnosed(): Promise<Diagnosed> {
    const { timers } = this.#options;
    const isFresh = (): boolean => this.#last !== null && timers.nowMs() - this.#last.atMs < FRESH_MS;
    if (isFresh()) return this.#last as Diagnosed;
    const cost = await this.#costNow();
    // Somebody else may have asked meanwhile.
    if (isFresh()) return this.#last as Diagnosed;
    const readings = this.#read(cost);
    return (this.#last = { atMs: timers.nowMs(), readings, diagnoses: diagnose(readings) });
  }

  #read(cost: CostAnswer | null): Readings {
    const { observed, overview, windowMs, events, timers } = this.#options;
    const now = this.#snapshot();
    return readPlane({
      observed: observed(),
      overview: overviewOf(overview()),
      spans: this.#ring.spans(now, windowMs()) ?? { now, base: now, before: null },
      wallMs: timers.wallMs(),
      windowMs: windowMs(),
      events: readKeptEvents(events),
      cost,
      day: this.#dayOf(cost),
    });
  }

  async #costNow(): Promise<CostAnswer | null> {
    const { timers, cost } = this.#options;
    if (this.#cost !== null && timers.nowMs() - this.#cost.atMs < KEPT_MS) return this.#cost.answer;
    // What it refuses is its own call's to explain.
    const estimate = await cost.estimate({}).catch(() => null);
    this.#cost = { atMs: timers.nowMs(), answer: estimate };
    return estimate;
  }

  #dayOf(cost: CostAnswer | null): Readings['day'] {
    if ((cost?.deployment?.tasks ?? 0) < TASKS_MIN) return null;
    const { timers, history } = this.#options;
    if (this.#day !== null && timers.nowMs() - this.#day.atMs < KEPT_MS * 10) return this.#day.day;
    const toMs = timers.wallMs();
    const { series, step } = history.between(toMs - DAY_MS, toMs, MINUTE_S);
    const peak = series.requests.reduce((most, requests) => Math.max(most, requests), 0);
    const day = { peakPerSecond: peak / step, minutes: (series.requests.length * step) / MINUTE_S };
    this.#day = { atMs: timers.nowMs(), day };
    return day;
  }

  /** With what is known of its effect; `ask`: what is not known yet is asked for. */
  async #complete({ finding, whatIf, supposes }: Diagnosis, readings: Readings, ask: boolean): Promise<Finding> {
    const effect = whatIf === null ? null : await this.#effect(whatIf.pool, whatIf.changes, ask);
    const { cost } = readings;
    const then =
      supposes === null || cost === null ? null : await this.#options.cost.estimate(supposes).catch(() => null);
    const monthly =
      then === null || cost === null ? null : { currency: cost.currency, now: cost.monthly, then: then.monthly };
    return completed(finding, effect, monthly);
  }

  async #effect(pool: string, changes: readonly SimulatedChange[], ask: boolean): Promise<PredictedEffect | null> {
    const { predict, timers, observed } = this.#options;
    if (predict === null) return null;
    const key = JSON.stringify([observed().plan.revision, pool, changes]);
    const known = this.#effects.get(key);
    if (known !== undefined && timers.nowMs() - known.atMs < KEPT_MS) return known.effect;
    if (!ask) return null;
    // Busy, or nothing to go by: then it cannot say, and is asked again the next time.
    const effect = await predict(pool, changes).catch(() => undefined);
    if (effect === undefined) return null;
    this.#effects.delete(key);
    this.#effects.set(key, { atMs: timers.nowMs(), effect });
    if (this.#effects.size > EFFECTS_MAX) this.#effects.delete(this.#effects.keys().next().value as string);
    return effect;
  }
}
