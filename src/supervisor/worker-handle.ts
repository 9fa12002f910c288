/** One data-plane thread, and what is known about it. A thread that dies is replaced by another handle at the same row. */
import { Worker } from 'node:worker_threads';
import type { Plan } from '#core/plan.ts';
import type { BookQuery } from '#observe/decision-book.ts';
import type { FoundRequests, FromWorker, ToWorker, WorkerStart } from '#worker/messages.ts';

/** The part of a `Worker` that is used here; tests hand in twins. */
export interface Thread {
  postMessage(message: ToWorker): void;
  terminate(): Promise<number>;
  on(event: 'message', listener: (message: FromWorker) => void): unknown;
  on(event: 'error', listener: (error: unknown) => void): unknown;
  on(event: 'exit', listener: (code: number) => void): unknown;
  readonly performance?: { eventLoopUtilization(): LoopTime };
}

/** Milliseconds since the thread's loop began. */
export interface LoopTime {
  readonly active: number;
  readonly idle: number;
}

export type Spawn = (start: WorkerStart) => Thread;

/** The data plane's entry point. */
export const workerFile: URL = new URL('../worker/main.ts', import.meta.url);

/** Starts the real data plane. */
export const spawnWorker: Spawn = (start) =>
  new Worker(workerFile, { workerData: start, name: `worker-${start.worker}` });

/** Questions that one worker has not answered; beyond it, it is taken not to answer. */
const ASKED_MAX = 64;

export type WorkerState = 'starting' | 'listening' | 'draining' | 'drained' | 'dead';

export interface WorkerEvents {
  onListening(handle: WorkerHandle): void;
  onPublished(handle: WorkerHandle): void;
  onDrained(handle: WorkerHandle, cut: number): void;
  /** The thread has ended, wanted or not; `reason` says why in words. Comes once, and nothing after it. */
  onExit(handle: WorkerHandle, reason: string): void;
}

export class WorkerHandle {
  /** Its row in every table. */
  readonly row: number;
  readonly thread: Thread;
  readonly startedAtMs: number;
  state: WorkerState = 'starting';
  /** The newest plan that it is known to obey; 0 before it listens. */
  revision = 0;
  edition = 0;
  engine = '';
  ports: Readonly<Record<string, number>> = {};
  #reason = '';
  #asks = 0;
  /** Questions that wait for their answer, by number. */
  readonly #asked = new Map<number, (found: FoundRequests | null) => void>();
  readonly #start: Pick<Plan, 'revision' | 'edition'>;
  readonly #events: WorkerEvents;

  constructor(spawn: Spawn, start: WorkerStart, nowMs: number, events: WorkerEvents) {
    this.row = start.worker;
    this.startedAtMs = nowMs;
    this.#start = start.plan;
    this.#events = events;
    this.thread = spawn(start);
    this.thread.on('message', (message) => this.#onMessage(message));
    this.thread.on('error', (error) => {
      this.#reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    });
    this.thread.on('exit', (code) => {
      if (this.state === 'dead') return;
      this.state = 'dead';
      for (const ask of [...this.#asked.keys()]) this.#answer(ask, null);
      events.onExit(this, this.#reason === '' ? `the thread ended with code ${code}` : this.#reason);
    });
  }

  /** Whether the thread runs, listening or not. */
  get alive(): boolean {
    return this.state !== 'dead';
  }

  /** What its event loop has done with its time; null: not known. Asking costs the thread nothing. */
  get loop(): LoopTime | null {
    if (!this.alive) return null;
    return this.thread.performance?.eventLoopUtilization() ?? null;
  }

  post(message: ToWorker): void {
    if (this.alive) this.thread.postMessage(message);
  }

  /** Calls `then` with what it has recorded; null: it ended, or has too many questions to answer. `forget` stops waiting. */
  askRequests(query: BookQuery, then: (found: FoundRequests | null) => void): { readonly forget: () => void } {
    const ask = ++this.#asks;
    if (this.state !== 'listening' || this.#asked.size >= ASKED_MAX) then(null);
    else {
      this.#asked.set(ask, then);
      this.post({ type: 'requests', ask, query });
    }
    return { forget: () => void this.#asked.delete(ask) };
  }

  #answer(ask: number, found: FoundRequests | null): void {
    const then = this.#asked.get(ask);
    this.#asked.delete(ask);
    then?.(found);
  }

  #onMessage(message: FromWorker): void {
    switch (message.type) {
      case 'listening':
        this.state = 'listening';
        this.engine = message.engine;
        this.ports = message.ports;
        this.#obeys(this.#start);
        this.#events.onListening(this);
        break;
      case 'failed':
        this.#reason = message.message;
        void this.thread.terminate();
        break;
      case 'published':
        this.#obeys(message);
        break;
      case 'requests':
        this.#answer(message.ask, message);
        break;
      case 'drained':
        this.state = 'drained';
        this.#events.onDrained(this, message.cut);
        break;
    }
  }

  #obeys({ revision, edition }: Pick<Plan, 'revision' | 'edition'>): void {
    this.revision = Math.max(this.revision, revision);
    this.edition = Math.max(this.edition, edition);
    this.#events.onPublished(this);
  }
}
