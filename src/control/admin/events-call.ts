/** The stream of events: figures each second, and each change of state. */
import { z } from 'zod';
import { EVENT_TYPES } from '#contract/events.ts';
import { ID_LENGTH_MAX } from '../events/event-frame.ts';
import { BEAT_MS, WORKER_BEAT_MS } from '../events/event-stream.ts';
import { EACH_MAX, SUBSCRIBERS_MAX } from '../events/places.ts';
import { nearest } from '../config/nearest.ts';
import { problem, text } from './answer.ts';
import { eventStream } from './answers-events.ts';
import { call, type AnyCall } from './call.ts';
import { problemGiven } from './fields.ts';

const KNOWN: readonly string[] = EVENT_TYPES;
const TYPES_LENGTH_MAX = 200;
/** Places are left when somebody closes a page. */
const FULL_RETRY_S = 10;
/** By then the process is another one. */
const CLOSED_RETRY_S = 2;

const types = z
  .string()
  .max(TYPES_LENGTH_MAX)
  .transform((given, context) => {
    const names = given.split(',').map((name) => name.trim());
    for (const name of names) {
      if (KNOWN.includes(name)) continue;
      const near = nearest(name, KNOWN);
      const meant = near === null ? '' : ` Did you mean ${near}?`;
      context.addIssue({ code: 'custom', message: `expected some of ${KNOWN.join(', ')}, between commas.${meant}` });
      return z.NEVER;
    }
    return new Set(names);
  });

export const EVENTS_CALLS: readonly AnyCall[] = [
  call({
    method: 'GET',
    path: '/admin/events',
    id: 'getEvents',
    tag: 'History',
    summary: 'What happens, as it happens: server-sent events',
    access: 'read',
    query: z.strictObject({
      types: types
        .optional()
        .meta({ description: `Only these, between commas: ${KNOWN.join(', ')}; all when left out` }),
      after: z.string().max(ID_LENGTH_MAX).optional().meta({
        description: 'As Last-Event-ID, for who cannot send that field; the field counts where both are there',
      }),
    }),
    headers: z.object({
      'last-event-id': z
        .string()
        .optional()
        .meta({ description: 'The id seen last: state changes since then come first, after a `gap` if some are lost' }),
    }),
    gives: {
      200: {
        says: 'The stream; it ends when the process stops, or the right to read does',
        schema: eventStream,
        types: ['text/event-stream'],
      },
      503: problemGiven('Too many listen, or the process is stopping; Retry-After says how long to wait'),
    },
    run: ({ api, query, caller, arrival, headers }) => {
      const last = [headers['last-event-id']].flat()[0];
      const key = caller.tokenHash ?? arrival.network;
      const stream = api.ports.events.subscribe(
        {
          types: query.types ?? null,
          owner: { key, known: caller.tokenHash !== null },
          beatMs: arrival.by === 'worker' ? WORKER_BEAT_MS : BEAT_MS,
          isWelcome: () => api.gate.stillMayRead(headers, arrival),
        },
        // A browser that has seen no id sends none; some clients send an empty one.
        (last === '' ? undefined : last) ?? query.after ?? null,
      );
      if (stream === 'closed')
        return problem(503, 'Stopping', 'This process is stopping.', { 'retry-after': String(CLOSED_RETRY_S) });
      if (stream === 'full') {
        const detail = `At most ${SUBSCRIBERS_MAX} may listen at a time, ${EACH_MAX} with one token or from one network.`;
        return problem(503, 'Too many listen', detail, { 'retry-after': String(FULL_RETRY_S) });
      }
      // nginx in between would hold the stream back until a buffer of its own is full.
      return text('text/event-stream; charset=utf-8', stream, { 'x-accel-buffering': 'no' });
    },
  }),
];
