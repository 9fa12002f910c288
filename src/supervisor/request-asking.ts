/**
 * Asks all workers for the requests that they have recorded, and puts their answers together. Records are a worker's own: they
 * are looked at seldom, and shared memory for the largest of them would be held for every worker there might be. So a worker
 * that is busy may be late and one that died has taken its records with it; an answer names the workers that are missing.
 */
import { REQUESTS_MAX, type RequestAnswer, type RequestEntry, type RequestsAnswer } from '#contract/requests.ts';
import type { RequestsPort, RequestsQuestion } from '#control/admin/ports.ts';
import type { Timers } from '#core/ports.ts';
import type { BookQuery } from '#observe/decision-book.ts';
import { requestAnswer, requestEntry } from '#observe/decision-report.ts';
import type { FoundRequests } from '#worker/messages.ts';
import type { Facts } from './admin-facts.ts';
import type { WorkerHandle } from './worker-handle.ts';

/** A worker that serves requests answers between two of them; one that takes longer is in trouble. */
const ANSWER_MS = 500;

type AskedWorker = Pick<WorkerHandle, 'row' | 'askRequests'>;

export class RequestAsking implements RequestsPort {
  readonly #facts: () => { readonly plan: Pick<Facts['plan'], 'requests'>; readonly workers: readonly AskedWorker[] };
  readonly #timers: Timers;

  constructor(
    facts: () => { readonly plan: Pick<Facts['plan'], 'requests'>; readonly workers: readonly AskedWorker[] },
    timers: Timers,
  ) {
    this.#facts = facts;
    this.#timers = timers;
  }

  async list(question: RequestsQuestion): Promise<RequestsAnswer> {
    const { list } = question;
    const limit = Math.min(question.limit, REQUESTS_MAX);
    const { found, missing } = await this.#ask({ ...question, limit });
    const entries = found.flatMap(({ records }) => records.map(requestEntry));
    const ended = ({ at, durationMs }: RequestEntry): number => Date.parse(at) + durationMs;
    const order = list === 'slowest' ? (entry: RequestEntry): number => entry.durationMs : ended;
    return {
      list,
      sample: this.#facts().plan.requests?.sample ?? null,
      requests: entries.toSorted((a, b) => order(b) - order(a)).slice(0, limit),
      missingWorkers: missing,
    };
  }

  async explain(id: string): Promise<RequestAnswer | { readonly missingWorkers: readonly number[] }> {
    const { found, missing } = await this.#ask({ id });
    // A client may have sent one id twice, to two workers.
    const [newest] = found.flatMap(({ records }) => records).toSorted((a, b) => b.atMs - a.atMs);
    return newest === undefined ? { missingWorkers: missing } : requestAnswer(newest, missing);
  }

  #ask(query: BookQuery): Promise<{ readonly found: readonly FoundRequests[]; readonly missing: readonly number[] }> {
    const { workers } = this.#facts();
    const found: FoundRequests[] = [];
    const waiting = new Set(workers);
    const missing = new Set<AskedWorker>();
    return new Promise((resolve) => {
      const done = (): void => {
        cancel();
        for (const { forget } of asked) forget();
        const rows = [...waiting, ...missing].map(({ row }) => row);
        resolve({ found, missing: rows.toSorted((a, b) => a - b) });
      };
      const cancel = this.#timers.after(ANSWER_MS, done);
      const asked: { readonly forget: () => void }[] = [];
      for (const worker of workers) {
        const answered = (answer: FoundRequests | null): void => {
          waiting.delete(worker);
          if (answer === null) missing.add(worker);
          else found.push(answer);
          if (waiting.size === 0) done();
        };
        asked.push(worker.askRequests(query, answered));
      }
      if (workers.length === 0) done();
    });
  }
}
