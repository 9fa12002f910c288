/**
 * One connection to `/admin/events`, from its opening to its end. It takes the id of the last event along, so whoever opens
 * the next one misses no change of state.
 */
import { EVENT_TYPES, type EventData, type EventType } from '#contract/events.ts';
import { callAddress } from './client.ts';

/** Figures come each second, so a line that is silent for this long is dead, whatever the network says. */
const SILENT_MS = 5_000;

export type EventTaker = <T extends EventType | 'gap'>(type: T, id: string, data: EventData[T]) => void;

/** `after`: id of the last event; '': none. Resolves when it has ended, with whether any event came. */
export function listen(after: string, take: EventTaker, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const source = new EventSource(callAddress('admin/events', { after: after === '' ? null : after }));
    let heard = false;
    let watchdog = setTimeout(end, SILENT_MS);
    for (const type of [...EVENT_TYPES, 'gap'] as const) {
      source.addEventListener(type, (event: MessageEvent<string>) => {
        heard = true;
        clearTimeout(watchdog);
        watchdog = setTimeout(end, SILENT_MS);
        take(type, event.lastEventId, JSON.parse(event.data) as EventData[typeof type]);
      });
    }
    // It would try again by itself, but could not say that it is lost, nor tell a refusal from a fault.
    source.addEventListener('error', end);
    signal.addEventListener('abort', end);
    function end(): void {
      clearTimeout(watchdog);
      source.close();
      signal.removeEventListener('abort', end);
      resolve(heard);
    }
  });
}
