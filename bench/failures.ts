import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startChild } from './support/children.ts';
import { converse } from './support/conversation.ts';
import { Backend } from './support/failures/backends.ts';
import type { LoadOrder, LoadResult } from './support/failures/load-process.ts';
import { PARTS, type Part } from './support/failures/parts.ts';
import { FAILURE_PEERS, type FailurePeer } from './support/failures/peers.ts';
import { readFlags, wanted } from './support/flags.ts';
import { goalsTable, type Goal } from './support/goals.ts';
import { makeDirectory } from './support/places.ts';
import { publish } from './support/results.ts';
import { median } from './support/statistics.ts';
import { figure, table } from './support/table.ts';
import { startTarget } from './support/target.ts';

/** What clients notice when backends die, hang or are restarted, and when configurations are read again, beside peers. */

const BACKENDS = 8;
const WARMUP_MS = 1500;
const SETTLE_MS = 500;
/** The load was held up by something else on the machine: its longest answers say little then. */
const LATE_MS = 50;

const flags = readFlags(
  'client errors while backends fail, beside peers',
  { rounds: 1, perSecond: 500, seconds: 8, restarts: BACKENDS, reloads: 20, parts: [], targets: [] },
  { seconds: 4, restarts: 2, reloads: 5 },
);
const parts = PARTS.filter((part) => wanted(flags.parts, part.id));
const backends = await Backend.several(BACKENDS);
const addresses = backends.map(({ address }) => address);
const script = join(import.meta.dirname, 'support/failures/load-process.ts');
const load = startChild({ file: process.execPath, args: [script] }, makeDirectory('load'), null, true);
const missing = new Set<string>();
/** By part, then by target, one a round. */
const results = new Map(parts.map((part) => [part, new Map<FailurePeer, LoadResult[]>()]));

for (let round = 0; round < flags.rounds; round++) {
  for (const part of parts) {
    for (const peer of FAILURE_PEERS.filter(({ id }) => wanted(flags.targets, id))) await attempt(part, peer, round);
  }
}
publish('failures', 'what clients notice when backends fail', report(), flags.write);
process.exit(0);

/** A peer that is missing, or does not do what it is told, must not cost the others' figures. */
async function attempt(part: Part, peer: FailurePeer, round: number): Promise<void> {
  try {
    const result = await measure(part, peer);
    const byPeer = results.get(part)!;
    byPeer.set(peer, [...(byPeer.get(peer) ?? []), result]);
    console.error(
      `round ${round + 1}, ${part.id}, ${peer.title}: ${result.errors} errors of ${result.sent}, ` +
        `p99 ${figure(result.p99Ms)} ms, longest ${figure(result.longestMs)} ms (sent ${figure(result.latestMs)} ms late at worst)`,
    );
  } catch (error) {
    const reason = (error as Error).message;
    console.error(`left out: ${part.id}, ${peer.title}: ${reason}`);
    missing.add(`${part.id}, ${peer.title}: ${reason.split('\n')[0]}`);
  }
}

/** Each measurement has a proxy of its own, which knows nothing of the trouble before. */
async function measure(part: Part, peer: FailurePeer): Promise<LoadResult> {
  const target = await startTarget(peer, { backends: addresses, core: null });
  const begin = () =>
    converse(load, { start: { port: target.port, perSecond: flags.perSecond, posts: part.posts } } satisfies LoadOrder);
  const end = () => converse(load, { stop: true } satisfies LoadOrder) as Promise<LoadResult>;
  try {
    await begin();
    await delay(WARMUP_MS);
    await end();
    await delay(SETTLE_MS);
    await begin();
    // Whatever happens the load must end: the next one begins anew.
    const trouble = await part.trouble(backends, target, flags).catch((error: Error) => error);
    const result = await end();
    if (trouble instanceof Error) throw trouble;
    return result;
  } finally {
    await part.repair(backends);
    await target.stop();
  }
}

function report(): string {
  return [...parts.map(partReport), goals(), notes()].filter((text) => text !== '').join('\n\n');
}

function partReport(part: Part): string {
  const rows = [...results.get(part)!].map(([peer, list]) => {
    const total = (pick: (result: LoadResult) => number) => list.reduce((sum, result) => sum + pick(result), 0);
    const late = list.some(({ latestMs }) => latestMs > LATE_MS);
    return [
      `${peer.title}${late ? ' *' : ''}`,
      String(total(({ sent }) => sent)),
      String(total(({ errors }) => errors)),
      figure(median(list.map(({ p99Ms }) => p99Ms))),
      figure(Math.max(...list.map(({ longestMs }) => longestMs))),
      kindsText(list),
    ];
  });
  return `### ${part.id}: ${part.title}\n\n${table(['target', 'requests', 'errors', 'p99 ms', 'longest ms', 'errors by kind'], rows)}`;
}

function kindsText(list: readonly LoadResult[]): string {
  const sums = new Map<string, number>();
  for (const { kinds } of list) {
    for (const [kind, count] of Object.entries(kinds)) sums.set(kind, (sums.get(kind) ?? 0) + count);
  }
  return [...sums].map(([kind, count]) => `${count} × ${kind}`).join(', ') || '-';
}

function goals(): string {
  const all = parts.flatMap((part): Goal[] => {
    const { goal } = part;
    if (goal === null) return [];
    return [...results.get(part)!]
      .filter(([peer]) => peer.title.startsWith('EdgeBalancer'))
      .map(([peer, list]) => ({
        what: `${part.id}: client errors of ${peer.title}`,
        bound: 'at most',
        goal,
        measured: list.reduce((sum, { errors }) => sum + errors, 0),
      }));
  });
  return goalsTable(all);
}

function notes(): string {
  const lines = [
    `${flags.rounds} round(s), ${flags.perSecond} requests a second at a steady pace (open loop), ${BACKENDS} backends that answer after 20 ms, a fresh proxy for each measurement. An error is anything but a whole answer of 200. Latency runs from the intended arrival; p99 is of successes, the longest of everything. Every target gives a backend 1 s to answer.`,
    `killed and stopped: ${flags.seconds} s of load after the signal. rolling: ${flags.restarts} backends, each of which fails its probes and closes connections with its answers for 2.5 s, then ends in order and comes back. reloads: ${flags.reloads}, each waited for until new connections are answered under it.`,
    `*: a request was sent more than ${LATE_MS} ms late, so something else held the load up.`,
  ];
  if (missing.size > 0) lines.push(`Left out: ${[...missing].join('; ')}.`);
  return lines.join('\n');
}
