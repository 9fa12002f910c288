import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { LOAD_CORE, PROXY_CORE, startChild, type Child } from '../children.ts';
import { converse } from '../conversation.ts';
import { openFilesMax } from '../open-files.ts';
import { startOrigin } from '../origin.ts';
import { ALL_PEERS } from '../peers/all.ts';
import type { Peer } from '../peers/peer.ts';
import { makeDirectory } from '../places.ts';
import { cpuNs, memoryOf } from '../process-cost.ts';
import { figure, table } from '../table.ts';
import { startTarget } from '../target.ts';
import type { IdleOrder, IdleResult } from './idle-clients.ts';
import type { Part, ScaleFlags } from './part.ts';

/** What idle keep-alive connections cost: resident memory each, above the process without them, and CPU while idle. */

const SETTLE_MS = 2000;
const WATCH_MS = 3000;
const KIB = 1024;
const GOAL_KIB = 12;
/** Files that client and proxy need beside these connections. */
const OTHER_FILES = 600;

interface Measured {
  readonly open: number;
  readonly problems: readonly string[];
  readonly emptyBytes: number;
  readonly bytesEach: number;
  /** Milliseconds of CPU a second. */
  readonly idleCpuMs: number;
}

export async function measureIdle(flags: ScaleFlags): Promise<Part> {
  const origin = await startOrigin(3);
  const script = join(import.meta.dirname, 'idle-clients.ts');
  const clients = startChild(
    { file: process.execPath, args: [script] },
    makeDirectory('idle-clients'),
    LOAD_CORE,
    true,
  );
  const count = Math.min(flags.connections, openFilesMax() - OTHER_FILES);
  const rows: string[][] = [];
  const missing: string[] = [];
  let ours: Measured | null = null;
  for (const peer of ALL_PEERS.filter((each) => flags.wants(each.id) && each.id !== 'edgebalancer-adaptive')) {
    try {
      const measured = await measurePeer(peer, origin.backends, clients, count);
      if (peer.id === 'edgebalancer') ours = measured;
      rows.push([
        `${peer.title}${measured.problems.length > 0 ? ' (!)' : ''}`,
        String(measured.open),
        figure(measured.emptyBytes / KIB / KIB),
        figure(measured.bytesEach / KIB),
        figure(measured.idleCpuMs),
        measured.problems.join('; ') || '0',
      ]);
      console.error(`idle: ${peer.title} done`);
    } catch (error) {
      console.error(`left out: ${peer.title}: ${(error as Error).message}`);
      missing.push(`${peer.title}: ${(error as Error).message.split('\n')[0]}`);
    }
  }
  await clients.kill();
  await origin.child.kill();
  const head = ['target', 'connections', 'empty MiB', 'KiB each', 'idle CPU ms/s', 'errors'];
  const text = `### Idle client connections\n\nEach asked once and was left open. "empty" is resident memory after the first proxied answer and before they came: what the process takes once it is in use (compiled code, first buffers) counts as theirs.\n\n${table(head, rows)}`;
  const measured = ours === null ? NaN : ours.bytesEach / KIB;
  const spoilt = ours !== null && ours.open < count;
  const what = `resident memory of each of ${count} idle connections`;
  return {
    text,
    samples: [],
    goals: [{ what, bound: 'at most', goal: GOAL_KIB, measured, unit: 'KiB', spoilt }],
    missing,
  };
}

async function measurePeer(peer: Peer, backends: readonly string[], clients: Child, count: number): Promise<Measured> {
  const target = await startTarget(peer, { backends, core: PROXY_CORE, connectionsMax: count + 200 });
  try {
    await delay(SETTLE_MS);
    const emptyBytes = memoryOf(target.child.pid).residentBytes;
    const result = (await converse(clients, { port: target.port, count } satisfies IdleOrder)) as IdleResult;
    await delay(SETTLE_MS);
    const fullBytes = memoryOf(target.child.pid).residentBytes;
    const before = cpuNs(target.child.pid);
    await delay(WATCH_MS);
    const idleCpuMs = (cpuNs(target.child.pid) - before) / 1e6 / (WATCH_MS / 1000);
    const bytesEach = (fullBytes - emptyBytes) / result.open;
    return { open: result.open, problems: result.problems, emptyBytes, bytesEach, idleCpuMs };
  } finally {
    await converse(clients, { port: 0, count: 0 } satisfies IdleOrder);
    await target.stop();
  }
}
