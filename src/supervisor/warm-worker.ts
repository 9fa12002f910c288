/**
 * A first worker thread that loads its code while the configuration is still being read, so that on more than one core
 * neither waits for the other. It gets its `WorkerStart` as its first message.
 */
import { Worker } from 'node:worker_threads';
import { spawnWorker, workerFile, type Spawn } from './worker-handle.ts';

export interface WarmWorker {
  /** Gives the waiting thread to whoever asks first, and new ones to everybody else. */
  readonly spawn: Spawn;
  /** Ends the thread if nobody asked for it. */
  readonly dispose: () => void;
}

export function warmWorker(): WarmWorker {
  let thread: Worker | null = new Worker(workerFile, { workerData: null, name: 'worker-0' });
  const forget = (): void => {
    thread = null;
  };
  // A thread that cannot even load says why once it is started in earnest.
  thread.once('error', forget);
  return {
    spawn(start) {
      const waiting = thread;
      if (waiting === null) return spawnWorker(start);
      forget();
      waiting.off('error', forget);
      waiting.postMessage(start);
      return waiting;
    },
    dispose() {
      void thread?.terminate();
      forget();
    },
  };
}
