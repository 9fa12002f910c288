import { LOAD_CORE, PROXY_CORE, pinSelf, startChild } from './support/children.ts';
import { readFlags, wanted } from './support/flags.ts';
import { goalsTable } from './support/goals.ts';
import { startOrigin } from './support/origin.ts';
import { ALL_PEERS } from './support/peers/all.ts';
import type { Peer } from './support/peers/peer.ts';
import { makeDirectory } from './support/places.ts';
import { freePorts } from './support/ports.ts';
import { awaitAnswer } from './support/probe.ts';
import { cpuNs, memoryOf } from './support/process-cost.ts';
import { publish } from './support/results.ts';
import { median, rotated, spread } from './support/statistics.ts';
import { figure, spreadText, table } from './support/table.ts';

/** How soon a proxy serves: from exec to its first proxied answer. */

interface Sample {
  readonly ms: number;
  readonly cpuMs: number;
  readonly residentBytes: number;
}

const GOAL_MS = 500;
const ASK_EVERY_MS = 1;
const MIB = 2 ** 20;

const flags = readFlags(
  'time from exec to the first proxied answer, beside peers',
  { rounds: 9, targets: [] },
  { rounds: 3 },
);
pinSelf(LOAD_CORE);
const origin = await startOrigin(3);
const peers = ALL_PEERS.filter((peer) => wanted(flags.targets, peer.id) && peer.id !== 'edgebalancer-adaptive');
const samples = new Map<Peer, Sample[]>();
const missing: string[] = [];
let started = 0;
// Once without counting: the second start finds its files in the page cache, like those after it, and what a target
// keeps for its next start (compiled code). Targets are asked to end, since some write that only then.
for (const peer of peers) {
  try {
    await startOnce(peer);
    samples.set(peer, []);
  } catch (error) {
    console.error(`left out: ${peer.title}: ${(error as Error).message}`);
    missing.push(`${peer.title}: ${(error as Error).message.split('\n')[0]}`);
  }
}
for (let round = 0; round < flags.rounds; round++) {
  for (const peer of rotated([...samples.keys()], round)) samples.get(peer)!.push(await startOnce(peer));
}
publish('start', 'how soon the first answer comes', report(), flags.write);
process.exit(0);

async function startOnce(peer: Peer): Promise<Sample> {
  const [port, adminPort] = (await freePorts(2)) as [number, number];
  const directory = makeDirectory(`${peer.id}-${++started}`);
  const task = { directory, port, adminPort, backends: origin.backends, workers: 1, connectionsMax: 1024 };
  const command = peer.prepare(task);
  const begun = performance.now();
  const child = startChild(command, directory, PROXY_CORE);
  try {
    const what = peer.title;
    await awaitAnswer({ host: '127.0.0.1', port, path: '/proxy/', child, what, pauseMs: ASK_EVERY_MS });
    const ms = performance.now() - begun;
    return { ms, cpuMs: cpuNs(child.pid) / 1e6, residentBytes: memoryOf(child.pid).residentBytes };
  } finally {
    await child.terminate();
  }
}

function report(): string {
  const rows = [...samples].map(([peer, list]) => [
    peer.title,
    spreadText(spread(list.map((sample) => sample.ms))),
    spreadText(spread(list.map((sample) => sample.cpuMs))),
    figure(median(list.map((sample) => sample.residentBytes / MIB))),
  ]);
  const ours = [...samples].find(([peer]) => peer.id === 'edgebalancer')?.[1].map((sample) => sample.ms) ?? [];
  const what = 'time from exec to the first proxied answer';
  const parts = [
    table(['target', 'first answer ms', 'CPU ms until then', 'resident MiB'], rows),
    goalsTable([{ what, bound: 'at most', goal: GOAL_MS, measured: median(ours), unit: 'ms' }]),
    `Medians of ${flags.rounds} starts (min–max), one of each target a round, each on core ${PROXY_CORE} with its files in the page cache, after one start that does not count. Asked every millisecond on a new connection; an answer other than 200 (backends not known yet) does not count.`,
    missing.length > 0 ? `Left out: ${missing.join('; ')}.` : '',
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}
