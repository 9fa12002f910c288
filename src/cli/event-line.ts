/** An event as one line for a person. */
import { styleText } from 'node:util';
import type { EventData } from '#contract/events.ts';
import type { ServerEvent } from './event-reader.ts';
import { harmless } from './harmless.ts';

type Type = keyof EventData;
type Colour = 'red' | 'yellow' | 'green' | 'dim';

/** What each type says, and how urgent it is. */
const SAYS: { readonly [T in Type]: (data: EventData[T]) => readonly [Colour, string] } = {
  metrics: ({ perSecond, inFlight, latencyMs, backends, backendsUp }) => {
    const latency = latencyMs === null ? '' : `, p50 ${latencyMs.p50} ms, p99 ${latencyMs.p99} ms`;
    const extra = [
      [perSecond.statusClasses['5xx'], 'errors'],
      [perSecond.retries, 'retries'],
      [perSecond.rateLimited, 'rate limited'],
    ] as const;
    const told = extra.filter(([rate]) => rate > 0).map(([rate, what]) => `, ${rate}/s ${what}`);
    const up = `${backendsUp} of ${backends} backends up`;
    return ['dim', `${perSecond.requests}/s${latency}, ${inFlight} in flight${told.join('')}, ${up}`];
  },
  health: ({ pool, backend, from, to, reason }) => [
    to === 'unhealthy' ? 'red' : to === 'healthy' ? 'green' : 'yellow',
    `${pool}/${backend} ${from} -> ${to}: ${reason}`,
  ],
  circuit: ({ pool, backend, circuit, detail }) => [
    circuit === 'open' ? 'red' : circuit === 'closed' ? 'green' : 'yellow',
    `${pool}/${backend} is ${circuit}: ${detail}`,
  ],
  panic: ({ pool, panic }) =>
    panic ? ['red', `pool ${pool} panics: too few backends are eligible`] : ['green', `pool ${pool} panics no more`],
  config: ({ revision, by, summary }) => {
    const from = by.from === '' ? '' : ` from ${by.from}`;
    return ['green', `revision ${revision} by ${by.name}${from}: ${summary}`];
  },
  worker: ({ worker, state, reason }) => [
    state === 'died' ? 'red' : 'green',
    `worker ${worker} ${state}${reason === '' ? '' : `: ${reason}`}`,
  ],
  reload: ({ revision, problems }) => ['red', `refused, revision ${revision} stays: ${problems.join('; ')}`],
  drain: ({ graceMs }) => ['yellow', `stopping; what runs has ${graceMs / 1000} s`],
  gap: ({ reason, missed }) => ['yellow', GAPS[reason](missed)],
};

const GAPS = {
  overrun: (missed: number | null) => `${missed ?? 'some'} events are lost: more came than are kept`,
  restarted: () => 'it was started anew; what came between is lost',
  unknown: () => 'nobody knows what was missed',
} as const satisfies Record<EventData['gap']['reason'], (missed: number | null) => string>;

/** Ends with a line feed. What is of a type that is not known is shown as it came. */
export function eventLine({ type, data }: ServerEvent): string {
  const [at, colour, says] = read(type, data);
  const time = at === null ? '--:--:--' : at.toTimeString().slice(0, 8);
  return `${time}  ${styleText(colour, harmless(type).padEnd(7))}  ${harmless(says)}\n`;
}

function read(type: string, text: string): readonly [Date | null, Colour, string] {
  try {
    const data = JSON.parse(text) as { at: string };
    const at = new Date(data.at);
    if (!Object.hasOwn(SAYS, type)) return [at, 'dim', text];
    const [colour, says] = (SAYS[type as Type] as (data: unknown) => readonly [Colour, string])(data);
    return [at, colour, says];
  } catch {
    // A newer server may say it otherwise.
    return [null, 'dim', text];
  }
}

/** One JSON object, ended by a line feed: the event's data, with its type and id. */
export function eventJson({ type, id, data }: ServerEvent): string {
  let read: unknown;
  try {
    read = JSON.parse(data);
  } catch {
    read = { data };
  }
  return `${JSON.stringify({ type, id, ...(read as object) })}\n`;
}
