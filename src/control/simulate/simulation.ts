/**
 * Simulations in threads of their own, so that none ever holds the supervisor up: bounded in number, in requests, in time and in
 * memory, one at a time for each asker.
 */
import { Worker } from 'node:worker_threads';
import type { WhatIf } from '#contract/simulate.ts';
import type { WhatIfProgress, WhatIfQuestion } from '#simulator/what-if.ts';
import { whatIfSteps } from '#simulator/what-if.ts';

/** Each takes a whole core from whatever else runs here. */
export const SIMULATIONS_MAX = 2;
/** Of one question, all runs together: some seconds. */
export const REQUESTS_MAX = 8_000_000;
/** Nobody waits longer, and the way here through a listener ends after 15 s. */
const TIME_MS_MAX = 14_000;
const HEAP_MIB_MAX = 256;

export type FromSimulation = { readonly answer: WhatIf } | { readonly progress: WhatIfProgress };

type Refused = 'busy' | 'one-at-a-time';

export interface Simulation {
  /** Rejects when it was cancelled, took too long, or failed. */
  readonly answer: Promise<WhatIf>;
  /** Ends it; harmless when it has ended. */
  cancel(): void;
}

export class Simulations {
  readonly #askers = new Set<string>();

  get running(): number {
    return this.#askers.size;
  }

  /** `asker`: whoever may have one at a time. Throws a `ModelError` when the question cannot be answered. */
  start(question: WhatIfQuestion, asker: string): Simulation | Refused {
    const bounded = { ...question, requestsMax: Math.min(REQUESTS_MAX, question.requestsMax ?? REQUESTS_MAX) };
    // All that can be wrong with it is found before the first run.
    whatIfSteps(bounded).next();
    if (this.#askers.has(asker)) return 'one-at-a-time';
    if (this.#askers.size >= SIMULATIONS_MAX) return 'busy';
    this.#askers.add(asker);
    const worker = new Worker(new URL('./simulation-thread.ts', import.meta.url), {
      workerData: bounded,
      name: 'simulation',
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB_MAX },
    });
    // What nobody waits for must not keep the process.
    worker.unref();
    const cancel = (): void => void worker.terminate();
    const answer = answerOf(worker).finally(() => this.#askers.delete(asker));
    return { answer, cancel };
  }
}

/** Those of this process: a core that is taken is taken from all. */
export const simulations: Simulations = new Simulations();

function answerOf(worker: Worker): Promise<WhatIf> {
  return new Promise<WhatIf>((resolve, reject) => {
    const late = setTimeout(() => {
      void worker.terminate();
      reject(new Error(`the simulation took longer than ${TIME_MS_MAX / 1000} s`));
    }, TIME_MS_MAX);
    late.unref();
    let answer: WhatIf | null = null;
    worker.on('message', (message: FromSimulation) => {
      if ('answer' in message) answer = message.answer;
    });
    worker.on('error', (error) => reject(error as Error));
    // Its place is free once the thread has gone, not before.
    worker.on('exit', () => {
      clearTimeout(late);
      if (answer === null) reject(new Error('the simulation was ended before its end'));
      else resolve(answer);
    });
  });
}
