/**
 * The server's clock, as far as it is known here, and a second that passes. A reader's own clock may be wrong by minutes;
 * whatever is "ago" is measured by the clock that made it.
 */
import { computed, signal, type ReadonlySignal } from '@preact/signals';

const SECOND_MS = 1000;
/** A Date field says whole seconds: it corrects the clock only where it is off by more than that. */
const COARSE_MS = 2000;

const aheadMs = signal(0);
let known = false;
const ticked = signal(Date.now());
let timer: ReturnType<typeof setInterval> | undefined;

/** Milliseconds since 1970 on the server, renewed each second. Reading it in a component renders that each second. */
export const serverNowMs: ReadonlySignal<number> = computed(() => ticked.value + aheadMs.value);

/** The same, at this moment and without following it. */
export function serverNow(): number {
  return Date.now() + aheadMs.peek();
}

/** Takes the time out of an answer's Date field. */
export function observeClock(field: string | null): void {
  const at = field === null ? NaN : Date.parse(field);
  if (Number.isNaN(at)) return;
  const ahead = at - Date.now();
  if (!known || Math.abs(ahead - aheadMs.peek()) > COARSE_MS) aheadMs.value = ahead;
  known = true;
}

/** Takes the time of an event that has just been made. ISO 8601. */
export function observeEvent(at: string): void {
  const ahead = Date.parse(at) - Date.now();
  if (Number.isNaN(ahead)) return;
  // Small differences are the network's; following them would make times flicker.
  if (!known || Math.abs(ahead - aheadMs.peek()) > SECOND_MS / 4) aheadMs.value = ahead;
  known = true;
}

/** Lets seconds pass. */
export function startClock(): void {
  timer ??= setInterval(() => (ticked.value = Date.now()), SECOND_MS);
}
