import { quantile } from '../statistics.ts';
import { LoadConnection, type Ended } from './load-connection.ts';

// The load of `failures`: open-loop, at a steady pace, in a process of its own. Latencies run from the intended arrival.

export type LoadOrder =
  { readonly start: { port: number; perSecond: number; posts: boolean } } | { readonly stop: true };

/** What one load gave. */
export interface LoadResult {
  readonly sent: number;
  /** Everything but a whole answer of 200. */
  readonly errors: number;
  /** How many of which kind: a status, or what became of the connection. */
  readonly kinds: Readonly<Record<string, number>>;
  /** Of successes. */
  readonly p99Ms: number;
  /** Of everything, errors included. */
  readonly longestMs: number;
  /** How late requests were sent, at worst. */
  readonly latestMs: number;
}

const TICK_MS = 1;
const CONNECTIONS_MAX = 4000;
/** What has no answer so long after the last arrival counts as an error. */
const DRAIN_LIMIT_MS = 15_000;

let stop: (() => void) | null = null;

process.on('disconnect', () => process.exit(0));
process.on('message', (order: LoadOrder) => {
  if ('stop' in order) stop?.();
  else {
    stop = begin(order.start);
    process.send!('begun');
  }
});

function begin({ port, perSecond, posts }: { port: number; perSecond: number; posts: boolean }): () => void {
  const startMs = performance.now();
  const good: number[] = [];
  const kinds: Record<string, number> = {};
  const all = new Set<LoadConnection>();
  const idle: LoadConnection[] = [];
  const waiting = new Map<number, number>();
  let sent = 0;
  let longestMs = 0;
  let latestMs = 0;
  let onEmpty: (() => void) | null = null;
  const count = (kind: string) => (kinds[kind] = (kinds[kind] ?? 0) + 1);
  const settle = (request: number, ended: Ended) => {
    const ms = performance.now() - waiting.get(request)!;
    waiting.delete(request);
    longestMs = Math.max(longestMs, ms);
    if (ended === 200) good.push(ms);
    else count(String(ended));
    if (waiting.size === 0) onEmpty?.();
  };
  const connect = () => {
    const connection: LoadConnection = new LoadConnection(port, {
      onEnd: (request, ended) => {
        if (!connection.over) idle.push(connection);
        settle(request, ended);
      },
      onGone: () => {
        all.delete(connection);
        const at = idle.indexOf(connection);
        if (at >= 0) idle.splice(at, 1);
      },
    });
    all.add(connection);
    return connection;
  };
  const send = () => {
    const nowMs = performance.now();
    while (startMs + (sent * 1000) / perSecond <= nowMs) {
      const request = sent++;
      const dueMs = startMs + (request * 1000) / perSecond;
      latestMs = Math.max(latestMs, nowMs - dueMs);
      waiting.set(request, dueMs);
      // Every second one: a method of its own would else always meet the same turn of a round robin.
      const post = posts && (request >> 1) % 2 === 0;
      if (idle.length === 0 && all.size >= CONNECTIONS_MAX) settle(request, 'no connection left');
      else (idle.pop() ?? connect()).send(request, post);
    }
  };
  const timer = setInterval(send, TICK_MS);
  return () => {
    clearInterval(timer);
    const finish = () => {
      onEmpty = null;
      clearTimeout(limit);
      for (const dueMs of waiting.values()) {
        count('no answer');
        longestMs = Math.max(longestMs, performance.now() - dueMs);
      }
      for (const connection of all) connection.destroy();
      good.sort((a, b) => a - b);
      const errors = sent - good.length;
      process.send!({ sent, errors, kinds, p99Ms: quantile(good, 0.99), longestMs, latestMs } satisfies LoadResult);
    };
    const limit = setTimeout(finish, DRAIN_LIMIT_MS);
    if (waiting.size === 0) finish();
    else onEmpty = finish;
  };
}
