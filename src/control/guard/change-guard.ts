/**
 * A change that was asked to be watched is undone when it makes things worse.
 *
 * Why: whoever confirms a change looks at it for a moment; what it does shows in the minute after. A prediction may be wrong.
 * Conditions: once a second, p99 and the share of 5xx since the change (the past SPAN_S of it at most) are compared with those of the
 * SPAN_S before it. Worse is p99 above `p99Times` the one before and P99_MS above it, or errors `errorsMore` above, in two looks in a
 * row, each with REQUESTS_MIN requests at least. Then the revision before comes back, as a new one, audited as the guard's.
 * Precedence: whoever changes something meanwhile has taken over: nothing is undone then, and that is said.
 * Bounds: one change at a time; a later watched change ends the watch of an earlier one, which it builds upon.
 * A restart ends the watch: the change stays.
 */
import type { HistoryAnswer } from '#contract/history.ts';
import type { IncidentFigures } from '#contract/incidents.ts';
import type { Cancel, Log, Timers } from '#core/ports.ts';
import type { AuditPort, ConfigPort, GuardPort, WatchRequest } from '../admin/ports.ts';
import { figuresOf } from '../copilot/incidents/incident-figures.ts';

const LOOK_MS = 1000;
const SPAN_S = 30;
const P99_MS = 20;
const REQUESTS_MIN = 30;
const LOOKS_TO_UNDO = 2;
const ACTOR = { name: 'guard', from: '', role: 'operator' } as const;

export interface ChangeGuardOptions {
  readonly config: Pick<ConfigPort, 'etag' | 'revision' | 'rollback'>;
  readonly history: { between(fromMs: number, toMs: number, stepS: number | null): HistoryAnswer };
  readonly timers: Timers;
  readonly log: Log;
}

interface Watched extends WatchRequest {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly before: IncidentFigures;
  looks: number;
}

export class ChangeGuard implements GuardPort {
  readonly #options: ChangeGuardOptions;
  #watched: Watched | null = null;
  #cancel: Cancel | null = null;
  #audit: Pick<AuditPort, 'record'> | null = null;

  constructor(options: ChangeGuardOptions) {
    this.#options = options;
  }

  watch(request: WatchRequest, audit: Pick<AuditPort, 'record'>): string {
    const { history, timers } = this.#options;
    const fromMs = timers.wallMs();
    this.#audit = audit;
    this.#watched = {
      ...request,
      fromMs,
      untilMs: fromMs + request.forMs,
      before: figuresOf(history.between(fromMs - SPAN_S * 1000, fromMs, 1)),
      looks: 0,
    };
    if (this.#cancel === null) this.#next();
    return new Date(this.#watched.untilMs).toISOString();
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#watched = null;
  }

  #next(): void {
    this.#cancel = this.#options.timers.after(LOOK_MS, () => {
      this.#cancel = null;
      void this.#look().catch((error: unknown) =>
        this.#options.log.error({ error: String(error) }, 'a change cannot be watched'),
      );
    });
  }

  async #look(): Promise<void> {
    const { config, history, timers, log } = this.#options;
    const watched = this.#watched;
    if (watched === null) return;
    const nowMs = timers.wallMs();
    if (config.revision !== watched.revision) {
      this.#watched = null;
      log.info({ revision: watched.revision }, 'a watched change is no longer the newest: it is watched no more');
      return;
    }
    // A second that the change falls into holds both.
    const since = figuresOf(history.between(Math.max(watched.fromMs + LOOK_MS, nowMs - SPAN_S * 1000), nowMs, 1));
    const worse = worseThan(since, watched);
    watched.looks = worse === null ? 0 : watched.looks + 1;
    if (worse !== null && watched.looks >= LOOKS_TO_UNDO) return await this.#undo(watched, worse);
    if (nowMs < watched.untilMs) return this.#next();
    this.#watched = null;
    log.info({ revision: watched.revision }, 'a watched change has made nothing worse, and stays');
  }

  async #undo(watched: Watched, why: string): Promise<void> {
    const { config, log } = this.#options;
    this.#watched = null;
    const { etag } = config;
    const result = await config.rollback({ actor: ACTOR, ifMatch: etag, dryRun: false, revision: watched.backTo });
    const done = result.kind === 'done';
    const summary = `${done ? 'undone' : 'not undone'}: ${why} after "${watched.summary}" (revision ${watched.revision})`;
    log.warn(
      { revision: watched.revision, by: watched.by.name, why, done },
      `a watched change was ${done ? 'undone' : 'not undone'}`,
    );
    await this.#audit?.record({
      by: ACTOR,
      action: 'config.undo',
      summary,
      revision: done ? result.revision : null,
      ok: done,
    });
  }
}

/** What is worse, in words; null: nothing is, or too little came to tell. */
function worseThan(since: IncidentFigures, { before, p99Times, errorsMore }: Watched): string | null {
  if (since.requests < REQUESTS_MIN) return null;
  const [errors, errorsBefore] = [since.errors ?? 0, before.errors ?? 0];
  if (errors > errorsBefore + errorsMore)
    return `${(errors * 100).toFixed(1)} % of the requests fail, ${(errorsBefore * 100).toFixed(1)} % did before`;
  if (since.p99Ms === null || before.p99Ms === null || before.requests < REQUESTS_MIN) return null;
  if (since.p99Ms <= Math.max(before.p99Ms * p99Times, before.p99Ms + P99_MS)) return null;
  return `p99 is ${since.p99Ms.toFixed(0)} ms, it was ${before.p99Ms.toFixed(0)} ms`;
}
