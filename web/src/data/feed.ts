/**
 * Keeps figures and changes of state coming for as long as the dashboard is open. Best is the stream of events. Where it
 * breaks, the server is asked once: if it answers, the stream is tried again, and when that fails twice, figures are asked for
 * instead for half a minute; if it does not, it is lost, and tried again after a pause that grows to ten seconds.
 */
import type { EventData, EventType, StateChangeType } from '#contract/events.ts';
import { read } from './client.ts';
import { serverNow } from './clock.ts';
import { connecting, heard, lost } from './connection.ts';
import { listen } from './event-line.ts';
import { asFault } from './fault.ts';
import { forgetFigures, takeFigures } from './live-figures.ts';
import { figuresBetween, type Counted } from './polled-figures.ts';
import { missedChanges, recordChange } from './state-changes.ts';

const PAUSE_MIN_MS = 500;
const PAUSE_MAX_MS = 10_000;
const POLL_MS = 2_000;
/** Then the stream is tried again. */
const POLLS = 15;
const STREAM_TRIES = 2;

let lastId = '';
let reachedBack = false;
let counted: Counted | null = null;

/** Runs until `signal` aborts, or nobody may read any more. */
export async function runFeed(signal: AbortSignal): Promise<void> {
  connecting();
  lastId = '';
  reachedBack = false;
  counted = null;
  forgetFigures();
  let failures = 0;
  let tries = 0;
  while (!signal.aborted) {
    const line = new AbortController();
    const came = await listen(lastId, (...event) => take(line, ...event), AbortSignal.any([signal, line.signal]));
    if (signal.aborted) return;
    // It has only been opened anew to reach further back.
    if (line.signal.aborted) continue;
    const answered = await poll();
    if (answered === 'signed-out') return;
    if (!answered) {
      const pauseMs = Math.min(PAUSE_MAX_MS, PAUSE_MIN_MS * 2 ** failures++) * (0.75 + Math.random() / 2);
      lost(pauseMs);
      await pause(pauseMs, signal);
      continue;
    }
    failures = 0;
    tries = came ? 0 : tries + 1;
    for (let turn = 0; tries >= STREAM_TRIES && turn < POLLS && !signal.aborted; turn++) {
      await pause(POLL_MS, signal);
      if ((await poll()) !== true) break;
    }
    await pause(PAUSE_MIN_MS, signal);
  }
}

function take<T extends EventType | 'gap'>(line: AbortController, type: T, id: string, data: EventData[T]): void {
  if (type === 'metrics') {
    takeFigures(data as EventData['metrics']);
    heard('live');
    reachBack(line, id);
  } else if (type === 'gap') missedChanges();
  else recordChange(type as StateChangeType, id, data as EventData[StateChangeType]);
  if (id !== '') lastId = id;
}

/** The first event says which process this is; asking from its very beginning brings the changes that it still keeps. */
function reachBack(line: AbortController, id: string): void {
  if (reachedBack) return;
  reachedBack = true;
  const [start, number] = id.split('-');
  if (start === undefined || !(Number(number) > 0)) return;
  // After this event has been taken with its own id.
  queueMicrotask(() => {
    lastId = `${start}-0`;
    line.abort();
  });
}

/** Whether it answers. */
async function poll(): Promise<boolean | 'signed-out'> {
  try {
    const [metrics, overview] = await Promise.all([read('admin/metrics'), read('admin/overview')]);
    const now = { atMs: serverNow(), metrics, overview };
    const event = counted === null ? null : figuresBetween(counted, now);
    counted = now;
    if (event !== null) takeFigures(event);
    heard('polling');
    return true;
  } catch (thrown) {
    counted = null;
    return asFault(thrown).kind === 'signed-out' ? 'signed-out' : false;
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end, { once: true });
    // A line that has come back is worth a try at once.
    addEventListener('online', end, { once: true });
    function end(): void {
      clearTimeout(timer);
      removeEventListener('online', end);
      signal.removeEventListener('abort', end);
      resolve();
    }
  });
}
