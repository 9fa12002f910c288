/**
 * Standard output for the product's own log. The access logs of the workers usually go there as well, from threads of their
 * own, so lines have to leave whole; and a reader that sleeps, with its pipe full of them, must not stop the supervisor:
 * probes, reloads and signals go on. What finds no room is dropped, and a line says how many were (observe/line-queue.ts).
 */
import { putDropped } from '#observe/access-line.ts';
import { openOutput, OutputError } from '#observe/line-output.ts';
import { LineQueue } from '#observe/line-queue.ts';

/** What is left over is tried again this often. */
const RETRY_MS = 50;
const TELL_BYTES = 128;

export interface Lines {
  write(line: string): void;
}

export function standardLines(to = '-'): Lines {
  let queue: LineQueue;
  try {
    queue = new LineQueue({ output: openOutput(to), direct: true, onDropped: () => {} });
  } catch (error) {
    // Nobody can be told that there is nobody to tell.
    if (error instanceof OutputError) return { write() {} };
    throw error;
  }
  let retry: NodeJS.Timeout | null = null;
  const flush = (): void => {
    const nowMs = performance.now();
    if (queue.untold > 0 && queue.reserve(TELL_BYTES))
      queue.tell(putDropped(queue.buffer, queue.at, Date.now(), queue.untold), nowMs);
    queue.flush(nowMs);
    if (retry !== null || (queue.waiting === 0 && queue.untold === 0)) return;
    retry = setTimeout(() => {
      retry = null;
      flush();
    }, RETRY_MS).unref();
  };
  process.once('exit', () => queue.flushSync());
  return {
    write(line) {
      if (queue.reserve(Buffer.byteLength(line))) {
        queue.commit(queue.at + queue.buffer.write(line, queue.at, 'utf8'), performance.now());
      } else {
        queue.drop();
      }
      flush();
    },
  };
}
