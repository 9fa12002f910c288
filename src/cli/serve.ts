/** Starts a supervisor and runs it until a signal ends it. */
import type { Log } from '#core/ports.ts';
import { OperatorError } from '#supervisor/operator-error.ts';
import type { Supervisor } from '#supervisor/supervisor.ts';

/** How long running exchanges may take to finish after SIGTERM. */
export const DRAIN_GRACE_MS = 30_000;
/** A signal that comes again this soon is the same one: npm passes on a Ctrl-C that the terminal has sent to all. */
const SAME_SIGNAL_MS = 500;

/** How often a process that npm started looks whether its parent is still there. */
const PARENT_LOOK_MS = 250;

export interface ServeOptions {
  readonly graceMs: number;
  /** What SIGHUP does. */
  readonly hangup: 'reload' | 'stop';
  /** Everything listens. */
  readonly onStart: () => void;
  /** Called once, before draining begins. */
  readonly onStop: () => void;
  /** Adds to what is said when something cannot be had. */
  readonly hint?: string;
}

/** Resolves with the exit code. SIGTERM and SIGINT drain; a second one ends the process at once. */
export async function serve(supervisor: Supervisor, log: Log, options: ServeOptions): Promise<number> {
  const { graceMs, hangup, onStart, onStop, hint = '' } = options;
  const stopped = new Promise<void>((resolve) => {
    let since = -1;
    const stop = (signal: NodeJS.Signals): void => {
      const now = performance.now();
      if (since >= 0) {
        if (now - since > SAME_SIGNAL_MS) process.exit(1);
        return;
      }
      since = now;
      log.info({ signal }, 'stopping');
      resolve();
    };
    whenOrphaned(() => since < 0 && stop('SIGTERM'));
    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);
    // Node would open its inspector for this signal, which is nobody's wish in production.
    process.on('SIGUSR1', () => supervisor.reopenLogs());
    if (hangup === 'reload') process.on('SIGHUP', () => void supervisor.reload());
    else process.on('SIGHUP', stop);
  });
  const started = supervisor.start().then(() => true);
  try {
    // A signal that comes while workers still start ends them there and then.
    if (!(await Promise.race([started, stopped.then(() => false)]))) {
      started.catch(() => {});
      onStop();
      await supervisor.stop();
      return 0;
    }
  } catch (error) {
    onStop();
    if (!(error instanceof OperatorError)) throw error;
    process.stderr.write(`${error.message}${hint === '' ? '' : ` ${hint}`}\n`);
    return 1;
  }
  onStart();
  await stopped;
  onStop();
  await supervisor.drain(graceMs);
  return 0;
}

/**
 * npm runs a script through a shell, and passes SIGTERM on to that shell alone, which ends without a word to what it
 * started. Under npm, losing the parent therefore means to stop.
 */
function whenOrphaned(stop: () => void): void {
  if (process.env['npm_lifecycle_event'] === undefined) return;
  const parent = process.ppid;
  const look = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(look);
    stop();
  }, PARENT_LOOK_MS);
  look.unref();
}
