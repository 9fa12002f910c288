/** The state changes that are kept for whoever comes back to `/admin/events`, read once, as a client would read them. */
import type {
  CircuitEvent,
  ConfigEvent,
  HealthEvent,
  PanicEvent,
  ReloadEvent,
  Timed,
  WorkerEvent,
} from '#contract/events.ts';
import type { IncidentMark } from '#contract/incidents.ts';
import type { EventReadings } from '#copilot/readings.ts';
import type { EventsPort } from '../admin/ports.ts';

/** Findings look at these alone. */
const READ_TYPES = ['health', 'circuit', 'worker', 'reload'] as const;
const ALL_TYPES = [...READ_TYPES, 'panic', 'config', 'drain'] as const;
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
  for (const { type, data } of keptEvents(events, READ_TYPES)) (found[type] as unknown[]).push(data);
  return found;
}

/** What happened from a moment on, as marks of a timeline. */
export function keptMarks(events: EventsPort, fromMs: number): IncidentMark[] {
  return keptEvents(events, ALL_TYPES).flatMap(({ type, data }) => {
    const { at } = data as Timed;
    return Date.parse(at) < fromMs ? [] : [{ at, kind: type, says: saysOf(type, data as never) }];
  });
}

const SAYS: Readonly<Record<(typeof ALL_TYPES)[number], (data: never) => string>> = {
  health: ({ pool, backend, from, to, reason }: HealthEvent) => `${pool}/${backend}: ${from} to ${to}, ${reason}`,
  circuit: ({ pool, backend, circuit, detail }: CircuitEvent) => `${pool}/${backend}: circuit ${circuit}, ${detail}`,
  worker: ({ worker, state }: WorkerEvent) => `worker ${worker} ${state}`,
  reload: ({ problems }: ReloadEvent) => `a configuration was refused: ${problems[0] ?? ''}`,
  panic: ({ pool, panic }: PanicEvent) =>
    `${pool}: ${panic ? 'so few are eligible that circuits do not count' : 'panic is over'}`,
  config: ({ revision, by, summary }: ConfigEvent) => `revision ${revision} by ${by.name}: ${summary}`,
  drain: () => 'the process drains',
};

function saysOf(type: (typeof ALL_TYPES)[number], data: never): string {
  return SAYS[type](data);
}

function keptEvents<T extends (typeof ALL_TYPES)[number]>(
  events: EventsPort,
  types: readonly T[],
): { readonly type: T; readonly data: unknown }[] {
  const stream = events.subscribe(
    { types: new Set(types), owner: { key: 'copilot', known: true }, beatMs: BEAT_MS, isWelcome: () => true },
    UNKNOWN_ID,
  );
  // No place, or the process is stopping: there is nothing to tell of changes then.
  if (typeof stream === 'string') return [];
  const parts: Buffer[] = [];
  // A frame or more at a time; all that is kept is there already.
  for (let part = stream.read() as Buffer | null; part !== null; part = stream.read() as Buffer | null)
    parts.push(part);
  stream.destroy();
  const frames = Buffer.concat(parts).toString('utf8').split('\n\n');
  return frames.slice(-READ_MAX).flatMap((frame) => {
    const [, type] = /^event: (\w+)$/m.exec(frame) ?? [];
    const [, data] = /^data: (.*)$/m.exec(frame) ?? [];
    const known = types.find((one) => one === type);
    return known === undefined || data === undefined ? [] : [{ type: known, data: JSON.parse(data) as unknown }];
  });
}
