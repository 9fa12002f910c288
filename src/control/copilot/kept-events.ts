/** The state changes that are kept for whoever comes back to `/admin/events`, read once, as a client would read them. */
import type { CircuitEvent, HealthEvent, ReloadEvent, WorkerEvent } from '#contract/events.ts';
import type { EventReadings } from '#copilot/readings.ts';
import type { EventsPort } from '../admin/ports.ts';

const TYPES = new Set(['health', 'circuit', 'worker', 'reload']);
/** Nobody's: everything that is kept comes, behind a gap. */
const UNKNOWN_ID = '0';
/** It is let go at once, and never beats. */
const BEAT_MS = 60_000;
/** The newest; more would only be skipped. A pool that flaps as a whole makes some hundreds in a few minutes. */
const READ_MAX = 1000;

export function readKeptEvents(events: EventsPort): EventReadings {
  const found = {
    health: [] as HealthEvent[],
    circuit: [] as CircuitEvent[],
    worker: [] as WorkerEvent[],
    reload: [] as ReloadEvent[],
  };
  const stream = events.subscribe(
    { types: TYPES, owner: { key: 'copilot', known: true }, beatMs: BEAT_MS, isWelcome: () => true },
    UNKNOWN_ID,
  );
  // No place, or the process is stopping: there is nothing to tell of changes then.
  if (typeof stream === 'string') return found;
  const parts: Buffer[] = [];
  // A frame or more at a time; all that is kept is there already.
  for (let part = stream.read() as Buffer | null; part !== null; part = stream.read() as Buffer | null)
    parts.push(part);
  stream.destroy();
  const frames = Buffer.concat(parts).toString('utf8').split('\n\n');
  for (const frame of frames.slice(-READ_MAX)) {
    const [, type] = /^event: (\w+)$/m.exec(frame) ?? [];
    const [, data] = /^data: (.*)$/m.exec(frame) ?? [];
    if (type === undefined || data === undefined || !Object.hasOwn(found, type)) continue;
    (found[type as keyof typeof found] as unknown[]).push(JSON.parse(data));
  }
  return found;
}
