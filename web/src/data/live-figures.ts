/** The figures of each second, and of the past five minutes, for whatever moves. */
import { batch, computed, signal, type ReadonlySignal } from '@preact/signals';
import { STATUS_CLASSES } from '#contract/admin.ts';
import type { MetricsEvent } from '#contract/events.ts';
import { observeEvent } from './clock.ts';

/** Five minutes. */
const RECENT_MAX = 300;
/** Shares of a handful of requests jump about: they are taken over this many seconds. */
const WINDOW = 10;

const recent = signal<readonly MetricsEvent[]>([]);

/** The oldest first. */
export const recentFigures: ReadonlySignal<readonly MetricsEvent[]> = recent;
/** Null: none has come yet. */
export const figures: ReadonlySignal<MetricsEvent | null> = computed(() => recent.value.at(-1) ?? null);

const window10 = computed(() => recent.value.slice(-WINDOW));

/** Of the answers of the past ten seconds, those that are no 5xx; null: there were none. */
export const successShare: ReadonlySignal<number | null> = computed(() => successOf(window10.value));

/** Milliseconds, the latest of the past ten seconds; null: no request has ended. */
export const latency: ReadonlySignal<MetricsEvent['latencyMs']> = computed(
  () => window10.value.findLast(({ latencyMs }) => latencyMs !== null)?.latencyMs ?? null,
);

export function successOf(events: readonly Pick<MetricsEvent, 'perSecond' | 'seconds'>[]): number | null {
  let answers = 0;
  let failures = 0;
  for (const { perSecond, seconds } of events) {
    for (const name of STATUS_CLASSES) answers += perSecond.statusClasses[name] * seconds;
    failures += perSecond.statusClasses['5xx'] * seconds;
  }
  return answers > 0 ? 1 - failures / answers : null;
}

export function takeFigures(event: MetricsEvent): void {
  batch(() => {
    observeEvent(event.at);
    recent.value = [...recent.value.slice(-(RECENT_MAX - 1)), event];
  });
}

/** Another process counts from zero, and another reader may not see what was there. */
export function forgetFigures(): void {
  recent.value = [];
}
