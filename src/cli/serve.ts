/** Runs a started supervisor until a signal ends it. */
import type { Log } from '#core/ports.ts';
import type { Supervisor } from '#supervisor/supervisor.ts';

/** How long running exchanges may take to finish after SIGTERM. */
export const DRAIN_GRACE_MS = 30_000;
/** A signal that comes again this soon is the same one: npm passes on a Ctrl-C that the terminal has sent to all. */
const SAME_SIGNAL_MS = 500;

export interface ServeOptions {
  readonly graceMs: number;
  /** Called once, before draining begins. */
  readonly onStop?: () => void;
}

/** Resolves with the exit code. SIGTERM and SIGINT drain, a second one ends the process at once, SIGHUP reloads. */
export function serve(supervisor: Supervisor, log: Log, { graceMs, onStop }: ServeOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    let stoppingSince = -1;
    const stop = (signal: NodeJS.Signals): void => {
      const now = performance.now();
      if (stoppingSince >= 0) {
        if (now - stoppingSince > SAME_SIGNAL_MS) process.exit(1);
        return;
      }
      stoppingSince = now;
      log.info({ signal }, 'stopping');
      onStop?.();
      supervisor.drain(graceMs).then(() => resolve(0), reject);
    };
    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);
    process.on('SIGHUP', () => void supervisor.reload());
  });
}
