import { join } from 'node:path';
import type { BodyOrder, BodyResult, Kind } from './support/bodies/kinds.ts';
import { KINDS } from './support/bodies/kinds.ts';
import { LOAD_CORE, PROXY_CORE, pinSelf, startChild } from './support/children.ts';
import { converse } from './support/conversation.ts';
import { readFlags, wanted } from './support/flags.ts';
import { goalsTable } from './support/goals.ts';
import { ALL_PEERS } from './support/peers/all.ts';
import { makeDirectory } from './support/places.ts';
import { freePort } from './support/ports.ts';
import { awaitAnswer } from './support/probe.ts';
import { cpuNs, memoryOf, watchMemory } from './support/process-cost.ts';
import { publish } from './support/results.ts';
import { pairwiseRatio, rotated, spread } from './support/statistics.ts';
import { ratioText, spreadText, table } from './support/table.ts';
import { startTargets, type Target } from './support/target.ts';

/** What bodies cost that pass through: CPU and throughput at 1 MB and 100 MB both ways, and whether memory stays flat. */

interface Sample {
  readonly cpuMs: number;
  readonly mbPerSecond: number;
  /** Highest resident memory meanwhile, above that before the first body. */
  readonly growthMb: number;
  readonly problems: readonly string[];
}

const MB = 1_000_000;
const WARM_REQUESTS: Kind = {
  id: 'warm',
  title: 'empty bodies',
  direction: 'download',
  bytes: 0,
  connections: 8,
  count: 2000,
  bytesPerSecond: null,
};

const flags = readFlags(
  'CPU, throughput and memory for large bodies, beside peers',
  { rounds: 5, targets: [], kinds: [] },
  { rounds: 1, kinds: ['100-down', '100-up', '1-down', '1-up'] },
);
pinSelf(LOAD_CORE);
const origin = await startOrigin();
const client = startClient();
const peers = ALL_PEERS.filter((peer) => wanted(flags.targets, peer.id) && peer.id !== 'edgebalancer-adaptive');
const { targets, missing } = await startTargets(peers, { backends: [origin], core: PROXY_CORE, connectionsMax: 128 });
const emptyBytes = new Map<string, number>();
for (const target of targets) {
  await converse(client, { kind: WARM_REQUESTS, port: target.port } satisfies BodyOrder);
  emptyBytes.set(target.id, memoryOf(target.child.pid).residentBytes);
}
const kinds = KINDS.filter((kind) => wanted(flags.kinds, kind.id));
const samples = new Map(
  kinds.map((kind) => [kind.id, new Map<string, Sample[]>(targets.map((each) => [each.id, []]))]),
);
for (let round = 0; round < flags.rounds; round++) {
  for (const kind of kinds) {
    for (const target of rotated(targets, round))
      samples
        .get(kind.id)!
        .get(target.id)!
        .push(await slice(target, kind));
  }
  console.error(`round ${round + 1} of ${flags.rounds}`);
}
const parts = [...kinds.map(kindReport), goals(), notes()];
publish('bodies', 'what large bodies cost', parts.filter((part) => part !== '').join('\n\n'), flags.write);
process.exit(0);

async function startOrigin(): Promise<string> {
  const port = await freePort();
  const script = join(import.meta.dirname, 'support/bodies/origin.ts');
  const command = { file: process.execPath, args: [script, String(port)] };
  const child = startChild(command, makeDirectory('body-origin'), LOAD_CORE, true);
  await awaitAnswer({ host: '127.0.0.1', port, path: '/bytes/0', child, what: 'the origin' });
  return `127.0.0.1:${port}`;
}

function startClient() {
  const script = join(import.meta.dirname, 'support/bodies/client.ts');
  return startChild({ file: process.execPath, args: [script] }, makeDirectory('body-client'), LOAD_CORE, true);
}

async function slice(target: Target, kind: Kind): Promise<Sample> {
  const { pid } = target.child;
  const most = watchMemory(pid);
  const before = cpuNs(pid);
  const result = (await converse(client, { kind, port: target.port } satisfies BodyOrder)) as BodyResult;
  const cpuMs = result.bodies === 0 ? NaN : (cpuNs(pid) - before) / 1e6 / result.bodies;
  return {
    cpuMs,
    mbPerSecond: (result.bodies * kind.bytes) / MB / result.seconds,
    growthMb: (most() - emptyBytes.get(target.id)!) / MB,
    problems: result.problems,
  };
}

function kindReport(kind: Kind): string {
  const byTarget = samples.get(kind.id)!;
  const base = (byTarget.get('haproxy-min') ?? []).map((sample) => sample.cpuMs);
  const rows = targets.map((target) => {
    const list = byTarget.get(target.id)!;
    const cpu = list.map((sample) => sample.cpuMs);
    const problems = [...new Set(list.flatMap((sample) => sample.problems))];
    return [
      `${target.title}${problems.length > 0 ? ' (!)' : ''}`,
      spreadText(spread(cpu)),
      ratioText(pairwiseRatio(cpu, base)),
      spreadText(spread(list.map((sample) => sample.mbPerSecond))),
      Math.max(...list.map((sample) => sample.growthMb)).toFixed(1),
      problems.join('; ') || '0',
    ];
  });
  const head = ['target', 'CPU ms/body', 'to HAProxy min', 'MB/s', 'memory growth MB', 'errors'];
  return `### ${kind.title} (\`${kind.id}\`)\n\n${table(head, rows)}`;
}

function goals(): string {
  const growth = kinds
    .filter((kind) => kind.bytes === 100 * MB)
    .flatMap((kind) => samples.get(kind.id)!.get('edgebalancer') ?? []);
  const measured = growth.length === 0 ? NaN : Math.max(...growth.map((sample) => sample.growthMb));
  const spoilt = growth.some((sample) => sample.problems.length > 0);
  const what = '100 MB through the proxy: growth of resident memory, the worst of all';
  return goalsTable([{ what, bound: 'at most', goal: 20, measured, unit: 'MB', spoilt }]);
}

function notes(): string {
  const lines = [
    `Medians of ${flags.rounds} rounds (min–max), ratios within each round. The proxy is alone on core ${PROXY_CORE}; client and origin share core ${LOAD_CORE} and limit MB/s for the cheaper proxies: CPU per body holds either way.`,
    'Memory growth is the highest resident memory during any round, above that after 2,000 small requests and before the first body.',
    'nginx streams uploads and writes no temporary files, as the others do (proxy_request_buffering off, proxy_max_temp_file_size 0).',
  ];
  if (missing.length > 0) lines.push(`Left out: ${missing.join('; ')}.`);
  return lines.join('\n');
}
