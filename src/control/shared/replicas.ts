/** The replicas as the admin API shows them: this one, and what the others have told of themselves. */
import { OUT_MAX, type OutSomewhere, type ReplicaEntry, type ReplicaReport, type ReplicasAnswer } from '#contract/replicas.ts'; // prettier-ignore
import type { Timers } from '#core/ports.ts';
import type { Other, ReplicaBoard } from './replica-board.ts';

/** What of the board is looked at. */
export type Board = Pick<ReplicaBoard, 'others' | 'connected'>;

/** `board` null: nothing is shared. */
export function replicasAnswer(id: string, report: ReplicaReport, board: Board | null, timers: Timers): ReplicasAnswer {
  const here: ReplicaEntry = { ...report, id, here: true, age: 0 };
  const others = (board?.others ?? []).map((other) => entryOf(other, timers.nowMs()));
  const replicas = [here, ...others].toSorted((a, b) => compare(a.name, b.name) || compare(a.id, b.id));
  const sum = (of: (entry: ReplicaEntry) => number): number => replicas.reduce((all, entry) => all + of(entry), 0);
  const rate = (of: (entry: ReplicaEntry) => number): number => Math.round(sum(of) * 1000) / 1000;
  return {
    shared: board !== null,
    connected: board?.connected ?? false,
    replicas,
    totals: {
      totalRequests: sum(({ figures }) => figures.totalRequests),
      inFlight: sum(({ figures }) => figures.inFlight),
      connections: sum(({ figures }) => figures.connections),
      upstreamErrors: sum(({ figures }) => figures.upstreamErrors),
      requestsPerSecond: rate(({ figures }) => figures.perSecond.requests),
      upstreamErrorsPerSecond: rate(({ figures }) => figures.perSecond.upstreamErrors),
    },
    out: outSomewhere(replicas),
  };
}

function entryOf({ id, atMs, report }: Other, nowMs: number): ReplicaEntry {
  return { ...report, id, here: false, age: Math.round(Math.max(0, nowMs - atMs)) / 1000 };
}

/** Those that most replicas keep out come first. */
function outSomewhere(replicas: readonly ReplicaEntry[]): OutSomewhere[] {
  const found = new Map<string, { pool: string; backend: string; url: string; at: OutSomewhere['at'][number][] }>();
  for (const { name, out } of replicas)
    for (const { pool, backend, url, state, circuit } of out) {
      const key = JSON.stringify([pool, backend, url]);
      const entry = found.get(key) ?? { pool, backend, url, at: [] };
      entry.at.push({ replica: name, state, circuit });
      found.set(key, entry);
    }
  return [...found.values()].toSorted((a, b) => b.at.length - a.at.length).slice(0, OUT_MAX);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
