/** One thread of a campaign: takes blocks of indices until none is left, and tells what it has seen. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Codec } from './codec.ts';
import { CodecFuzz, type Found } from './codec-fuzz.ts';
import { noCounts, type Counts } from './counts.ts';
import { shrink, type Shrunk } from './shrink.ts';

export interface ThreadTask {
  readonly seed: number;
  readonly sequences: number;
  /** Which thread: its cell in `cells` behind the first holds the index that it is at. */
  readonly thread: number;
  /** [0]: the next block that nobody has taken. */
  readonly cells: SharedArrayBuffer;
  /** Where the codec comes from, and its name there. */
  readonly codec: readonly [url: string, name: string];
}
export type ThreadMessage =
  | { readonly kind: 'counts'; readonly counts: Counts }
  | { readonly kind: 'found'; readonly found: Found; readonly shrunk: Shrunk }
  | { readonly kind: 'done' };

const BLOCK = 4096;
/** Blocks between two messages: some ten thousand sequences. */
const REPORT_BLOCKS = 8;

const { seed, sequences, thread, cells, codec } = workerData as ThreadTask;
const tell = (message: ThreadMessage): void => parentPort?.postMessage(message);
// A refusal of llhttp is an Error; its stack would cost more than the parse.
Error.stackTraceLimit = 0;

const module = (await import(codec[0])) as Record<string, Codec>;
const fuzz = new CodecFuzz(module[codec[1]] as Codec, seed);
const shared = new Int32Array(cells);
const blocks = Math.ceil(sequences / BLOCK);
const begins = (index: number): void => {
  shared[thread + 1] = index;
};

let found: Found | null = null;
for (let since = 1, block = take(); block < blocks && found === null; since++, block = take()) {
  found = fuzz.run(block * BLOCK, Math.min(sequences, (block + 1) * BLOCK), begins);
  if (since % REPORT_BLOCKS === 0) report();
}
report();
if (found !== null) {
  const { index, sequence, ...failure } = found;
  tell({ kind: 'found', found, shrunk: shrink(sequence, failure, (candidate) => checked(index, candidate)) });
}
tell({ kind: 'done' });

function take(): number {
  return Atomics.add(shared, 0, 1);
}

function report(): void {
  tell({ kind: 'counts', counts: fuzz.counts });
  fuzz.counts = noCounts();
}

/** Each check moves the cell, so that a long search for the smallest failure does not look like a hang. */
function checked(index: number, candidate: Found['sequence']): ReturnType<CodecFuzz['check']> {
  shared[thread + 1] = shared[thread + 1] === index ? -1 : index;
  return fuzz.check(candidate);
}
