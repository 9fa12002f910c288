/**
 * A run over several threads. The thread that asks watches the others: a codec that never returns cannot say so itself, so
 * a thread that stays at one sequence for too long is ended and its sequence named.
 */
import { Worker } from 'node:worker_threads';
import { CodecFuzz, type Failure, type Found } from './codec-fuzz.ts';
import { CODEC } from './codec.ts';
import { addCounts, noCounts, type Counts } from './counts.ts';
import type { ThreadMessage, ThreadTask } from './fuzz-thread.ts';
import type { Shrunk } from './shrink.ts';

export interface CampaignOptions {
  readonly seed: number;
  readonly sequences: number;
  readonly threads: number;
  /** The real one unless said. */
  readonly codec?: ThreadTask['codec'];
  /** How long one sequence may take; a long one takes about a millisecond. */
  readonly hangMs?: number;
  readonly progressMs?: number;
  readonly onProgress?: (counts: Counts, seconds: number) => void;
}
export interface Campaign {
  readonly counts: Counts;
  readonly seconds: number;
  readonly failures: readonly { readonly found: Found; readonly shrunk: Shrunk }[];
}

const HANG_MS = 20_000;
const PROGRESS_MS = 3000;
/** Nothing lives longer than a sequence: a larger nursery is collected less often, for a few percent more sequences. */
const YOUNG_MB = 96;
const REAL: ThreadTask['codec'] = [new URL('./codec.ts', import.meta.url).href, 'CODEC'];

export async function runCampaign(options: CampaignOptions): Promise<Campaign> {
  const { seed, sequences, threads, codec = REAL, hangMs = HANG_MS, progressMs = PROGRESS_MS, onProgress } = options;
  const counts = noCounts();
  const failures: { found: Found; shrunk: Shrunk }[] = [];
  const cells = new SharedArrayBuffer((threads + 1) * Int32Array.BYTES_PER_ELEMENT);
  // A thread that has not begun yet does not hang.
  new Int32Array(cells).fill(-1, 1);
  const begun = performance.now();
  const seconds = (): number => (performance.now() - begun) / 1000;
  const progress = setInterval(() => onProgress?.(counts, seconds()), progressMs);
  const workers: Worker[] = [];
  const running = Array.from({ length: threads }, (_, thread) => {
    const task: ThreadTask = { seed, sequences, thread, cells, codec };
    const worker = new Worker(new URL('./fuzz-thread.ts', import.meta.url), {
      workerData: task,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    });
    workers.push(worker);
    return watched(worker, new Int32Array(cells), thread, hangMs, (message) => {
      if (message.kind === 'counts') addCounts(counts, message.counts);
      else if (message.kind === 'found') {
        failures.push(message);
        // One failure is enough: the others take no further block.
        Atomics.store(new Int32Array(cells), 0, sequences);
      }
    });
  });
  try {
    for (const index of await Promise.all(running)) if (index !== null) failures.push(hang(seed, index, hangMs));
    return { counts, seconds: seconds(), failures };
  } finally {
    clearInterval(progress);
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

/** Resolves with null when the thread is done, or with the index of the sequence at which it hangs. */
function watched(
  worker: Worker,
  cells: Int32Array,
  thread: number,
  hangMs: number,
  onMessage: (message: ThreadMessage) => void,
): Promise<number | null> {
  return new Promise((resolve, reject) => {
    let seen = -1;
    let stays = -1;
    const watch = setInterval(() => {
      const index = Atomics.load(cells, thread + 1);
      if (index >= 0 && index === seen && stays === index) end(index);
      stays = index === seen ? index : -1;
      seen = index;
    }, hangMs / 2);
    const end = (index: number | null): void => {
      clearInterval(watch);
      resolve(index);
    };
    worker.on('message', (message: ThreadMessage) => {
      onMessage(message);
      if (message.kind === 'done') end(null);
    });
    worker.on('error', (error) => {
      clearInterval(watch);
      reject(error instanceof Error ? error : new Error(String(error)));
    });
  });
}

function hang(seed: number, index: number, hangMs: number): { found: Found; shrunk: Shrunk } {
  const sequence = new CodecFuzz(CODEC, seed).make(index);
  const failure: Failure = { kind: 'hang', detail: `not read within ${hangMs} ms` };
  return { found: { ...failure, index, sequence }, shrunk: { sequence, failure } };
}
