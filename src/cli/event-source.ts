/** Follows the event stream of the admin API, and takes it up again where it was lost. */
import { request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import { setTimeout as wait } from 'node:timers/promises';
import { unreachable } from './admin-client.ts';
import type { AdminPlace } from './admin-place.ts';
import { refusalText } from './admin-refusal.ts';
import { CommandError } from './command-error.ts';
import { EventReader, type ServerEvent } from './event-reader.ts';

const PATH = 'admin/events';
const RETRY_MS_DEFAULT = 2000;
const RETRY_MS_MAX = 30_000;
/** The server says something every 15 s at least (control/events/event-stream.ts); one that says nothing for so long is gone. */
const SILENT_MS_MAX = 45_000;
/** A refusal's body is read so far. */
const REFUSAL_BYTES_MAX = 64 * 1024;

export interface Following {
  readonly place: AdminPlace;
  /** Between commas; undefined: all. */
  readonly types: string | undefined;
  /** Ends it. */
  readonly signal: AbortSignal;
  readonly onEvent: (event: ServerEvent) => void;
  /** The stream is lost, and taken up again later; why, as a sentence. */
  readonly onLost: (why: string) => void;
}

/** Resolves when `signal` says so. Throws a `CommandError` when it cannot be had at first, or is refused. */
export async function follow(following: Following): Promise<void> {
  const { signal, place, onLost } = following;
  const reader = { current: new EventReader() };
  let everHeard = false;
  let failures = 0;
  while (!signal.aborted) {
    let afterMs: number | null = null;
    try {
      const answer = await open(following, reader.current.lastId);
      const refused = await refusalOf(answer, place);
      if (refused === null) {
        everHeard = true;
        failures = 0;
        reader.current = new EventReader(reader.current.lastId);
        await read(answer, reader.current, following);
        if (!signal.aborted) onLost('the stream has ended');
      } else if (refused.afterMs === null || !everHeard) throw new CommandError(refused.why);
      else {
        afterMs = refused.afterMs;
        onLost(refused.why);
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof CommandError || !everHeard) throw asCommandError(error, place);
      onLost((error as Error).message);
    }
    const ownMs = Math.min(RETRY_MS_MAX, (reader.current.retryMs ?? RETRY_MS_DEFAULT) * 2 ** failures++);
    await wait(afterMs ?? ownMs, undefined, { signal }).catch(() => {});
  }
}

function open({ place, types, signal }: Following, lastId: string): Promise<IncomingMessage> {
  const url = new URL(PATH, place.base);
  if (types !== undefined) url.searchParams.set('types', types);
  const headers = {
    accept: 'text/event-stream',
    ...(place.token !== null && { authorization: `Bearer ${place.token}` }),
    ...(lastId !== '' && { 'last-event-id': lastId }),
  };
  const send = url.protocol === 'https:' ? requestHttps : requestHttp;
  const { socketPath, timeoutMs } = place;
  return new Promise((resolve, reject) => {
    // One connection for one stream: it ends with it.
    const options = { headers, agent: false as const, signal, ...(socketPath !== null && { socketPath }) };
    const outgoing = send(url, options, (answer) => {
      outgoing.setTimeout(SILENT_MS_MAX);
      resolve(answer);
    });
    outgoing.setTimeout(timeoutMs, () => outgoing.destroy(new Error('nothing has come for too long')));
    outgoing.on('error', reject);
    outgoing.end();
  });
}

/** Null: it is the stream. `afterMs` null: asking again would not help. */
async function refusalOf(
  answer: IncomingMessage,
  place: AdminPlace,
): Promise<{ readonly why: string; readonly afterMs: number | null } | null> {
  const { statusCode: status = 0, headers } = answer;
  if (status === 200 && /^text\/event-stream\b/.test(headers['content-type'] ?? '')) return null;
  let text = '';
  for await (const part of answer as AsyncIterable<Buffer>) {
    text += part.toString();
    if (text.length > REFUSAL_BYTES_MAX) break;
  }
  const retryAfter = headers['retry-after'];
  const told = { status, text, etag: undefined, retryAfter };
  // Refusals say that nothing was changed: of a stream nobody thinks so.
  const why = refusalText(told, place, `${place.shown}/${PATH}`).replace(/\nNothing was changed\.$/, '');
  const waits = status === 503 || status === 429 || status === 502 || status === 504;
  return { why, afterMs: waits ? 1000 * Math.min(60, Number(/^\d+$/.exec(retryAfter ?? '')?.[0] ?? 2)) : null };
}

async function read(answer: IncomingMessage, reader: EventReader, { onEvent }: Following): Promise<void> {
  for await (const part of answer as AsyncIterable<Buffer>) for (const event of reader.push(part)) onEvent(event);
}

function asCommandError(error: unknown, place: AdminPlace): CommandError {
  return error instanceof CommandError ? error : unreachable(error, place);
}
