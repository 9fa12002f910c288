/**
 * One answer of the server that is kept current while something shows it. What was read stays when the next read fails: it is
 * old then, and says so.
 */
import { batch, computed, effect, signal, untracked, type ReadonlySignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { isAbort } from './client.ts';
import { serverNow, serverNowMs } from './clock.ts';
import { asFault, type Fault } from './fault.ts';
import { sessionState, sessionTurns } from './session.ts';

/** Reads that fail are tried again more slowly. */
const RETRY_MS = 3_000;
/** Of its period: what is older is stale. */
const STALE_PERIODS = 3;
const STALE_MIN_MS = 5_000;
/** When a thousand backends change at once, they are read this often, and not a thousand times. */
const MOVED_MS = 250;

export interface Resource<T> {
  /** Null: nothing has come yet. */
  readonly value: ReadonlySignal<T | null>;
  /** Why the latest read has failed; null: it has not. */
  readonly fault: ReadonlySignal<Fault | null>;
  /** When the value came, by the server's clock. */
  readonly atMs: ReadonlySignal<number | null>;
  /** It is older than it should be. */
  readonly isStale: ReadonlySignal<boolean>;
  /** Reads it now; never rejects. */
  readonly refresh: () => Promise<void>;
  /** Keeps it current until the function that it returns is called. */
  readonly follow: () => () => void;
}

export interface ResourceOptions {
  /** Milliseconds between reads; null: only when something below moves. */
  readonly everyMs: number | null;
  /** A change of any of these reads it anew. */
  readonly on?: readonly ReadonlySignal<unknown>[];
}

/** Names what to read; nothing is read before somebody follows it. */
export function resource<T>(read: (signal: AbortSignal) => Promise<T>, options: ResourceOptions): Resource<T> {
  const { everyMs, on = [] } = options;
  const value = signal<T | null>(null);
  const fault = signal<Fault | null>(null);
  const atMs = signal<number | null>(null);
  const staleMs = everyMs === null ? Infinity : Math.max(STALE_MIN_MS, everyMs * STALE_PERIODS);
  let followers = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running: AbortController | null = null;
  /** Something has moved since the running read began. */
  let isOutrun = false;
  let leave = (): void => {};
  let known = sessionTurns.peek();

  async function refresh(): Promise<void> {
    clearTimeout(timer);
    running?.abort();
    const mine = (running = new AbortController());
    isOutrun = false;
    try {
      const got = await read(mine.signal);
      if (mine.signal.aborted) return;
      batch(() => {
        value.value = got;
        fault.value = null;
        atMs.value = serverNow();
      });
    } catch (thrown) {
      if (mine.signal.aborted) return;
      if (!isAbort(thrown)) fault.value = asFault(thrown);
    }
    running = null;
    again();
  }

  function again(): void {
    clearTimeout(timer);
    const usualMs = isOutrun ? MOVED_MS : everyMs;
    const waitMs = fault.peek() === null ? usualMs : Math.max(RETRY_MS, everyMs ?? 0);
    if (followers === 0 || waitMs === null || document.hidden) return;
    timer = setTimeout(() => void refresh(), waitMs);
  }

  /** A read that runs is not given up for the next: while changes come faster than answers, none would ever come. */
  function moved(): void {
    if (running === null) void refresh();
    else isOutrun = true;
  }

  function begin(): () => void {
    const seen = (): void => {
      if (!document.hidden) void refresh();
    };
    document.addEventListener('visibilitychange', seen);
    const stop = effect(() => {
      const turn = sessionTurns.value;
      const mayRead = sessionState.value === 'reading';
      for (const turns of on) void turns.value;
      untracked(() => {
        const isAnew = turn !== known;
        if (isAnew) {
          known = turn;
          value.value = fault.value = atMs.value = null;
        }
        if (!mayRead) return;
        if (isAnew) void refresh();
        else moved();
      });
    });
    return () => {
      stop();
      document.removeEventListener('visibilitychange', seen);
      clearTimeout(timer);
      running?.abort();
      running = null;
    };
  }

  return {
    value,
    fault,
    atMs,
    isStale: computed(() => atMs.value !== null && (fault.value !== null || serverNowMs.value - atMs.value > staleMs)),
    refresh,
    follow: () => {
      if (followers++ === 0) leave = begin();
      return () => {
        if (--followers === 0) leave();
      };
    },
  };
}

/** Follows it for as long as the component is there. */
export function useResource<T>(followed: Resource<T>): Resource<T> {
  useEffect(() => followed.follow(), [followed]);
  return followed;
}
