/** Incidents over restarts: one file of the state directory, replaced as a whole. What cannot be read is left alone, and said. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IncidentAnswer } from '#contract/incidents.ts';
import type { Log } from '#core/ports.ts';
import { replaceFile } from '../../files/replace-file.ts';

const NAME = 'incidents.json';
const VERSION = 1;

export class IncidentFile {
  readonly #path: string | null;
  readonly #log: Log;
  /** Writes come one after another; the newest text wins. */
  #writing: Promise<void> = Promise.resolve();

  constructor(stateDir: string | null, log: Log) {
    this.#path = stateDir === null ? null : join(stateDir, NAME);
    this.#log = log;
  }

  /** One that went on when the process ended is over: nobody watched it since. */
  read(): IncidentAnswer[] {
    if (this.#path === null) return [];
    try {
      const { version, incidents } = JSON.parse(readFileSync(this.#path, 'utf8')) as {
        version: unknown;
        incidents: IncidentAnswer[];
      };
      if (version !== VERSION || !Array.isArray(incidents)) throw new Error(`it is of version ${String(version)}`);
      return incidents.map((one) => ({ ...one, closedAt: one.closedAt ?? one.timeline.at(-1)?.at ?? one.openedAt }));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        this.#log.warn({ file: this.#path, error: (error as Error).message }, 'earlier incidents cannot be read');
      return [];
    }
  }

  /** Never rejects: that an incident is not kept must not end the watch. */
  write(incidents: readonly IncidentAnswer[]): Promise<void> {
    const path = this.#path;
    if (path === null) return this.#writing;
    const text = JSON.stringify({ version: VERSION, incidents });
    this.#writing = this.#writing
      .then(() => replaceFile(path, text))
      .catch((error: unknown) =>
        this.#log.warn({ file: path, error: (error as Error).message }, 'incidents cannot be kept'),
      );
    return this.#writing;
  }
}
