import { PROXY_CORE } from '../children.ts';
import type { Goal } from '../goals.ts';
import { startOrigin, type Origin } from '../origin.ts';
import { edgeBalancer } from '../peers/edgebalancer.ts';
import { haproxyFull } from '../peers/haproxy.ts';
import { nginxLeastConn } from '../peers/nginx.ts';
import type { Peer } from '../peers/peer.ts';
import type { Sample } from '../slice.ts';
import { pairwiseRatio, spread } from '../statistics.ts';
import { ratioText, spreadText, table } from '../table.ts';
import { startTarget, type Target } from '../target.ts';
import type { Part, ScaleFlags } from './part.ts';
import { measureRounds } from './rounds.ts';

/** What more backends cost: CPU per request with 3, 100 and 1,000 of them. */

const COUNTS = [3, 100, 1000];
const CONNECTIONS = 64;
/** Values of the field that consistent hashing looks at; every target gets the same load. */
const USERS = 4096;
const GOAL = 1.1;

const STRATEGIES: readonly (readonly [string, string])[] = [
  ['round-robin', 'round-robin'],
  ['least-connections', 'least-connections'],
  ['two-choices', 'two-choices'],
  ['consistent-hash', '{ name: consistent-hash, on: { header: x-user } }'],
  ['adaptive', 'adaptive'],
];

const PEERS: readonly Peer[] = [
  ...STRATEGIES.map(([name, strategy]) => edgeBalancer({ id: name, title: `EdgeBalancer ${name}`, strategy })),
  nginxLeastConn,
  haproxyFull,
];

export async function measureBackends(flags: ScaleFlags): Promise<Part> {
  const origin = await startOrigin(COUNTS.at(-1)!);
  const rows: string[][] = [];
  const goals: Goal[] = [];
  const missing: string[] = [];
  const all: Sample[] = [];
  for (const peer of PEERS.filter((each) => flags.wants(each.id))) {
    const samples = await measurePeer(peer, origin, flags).catch((error: Error) => {
      console.error(`left out: ${peer.title}: ${error.message}`);
      missing.push(`${peer.title}: ${error.message.split('\n')[0]}`);
      return null;
    });
    if (samples === null) continue;
    all.push(...samples.flat());
    const cpu = COUNTS.map((_, at) => samples[at]!.map((sample) => sample.cpuUs));
    const ratios = COUNTS.map((_, at) => pairwiseRatio(cpu[at]!, cpu[0]!));
    const errors = [...new Set(samples.flat().flatMap((sample) => (sample.errors > 0 ? [sample.errorText] : [])))];
    rows.push([
      `${peer.title}${errors.length > 0 ? ' (!)' : ''}`,
      ...cpu.map((values) => spreadText(spread(values))),
      ...ratios.slice(1).map(ratioText),
      errors.join('; ') || '0',
    ]);
    if (!STRATEGIES.some(([name]) => name === peer.id)) continue;
    const what = `${peer.id}: CPU with 1,000 backends to that with 3`;
    goals.push({ what, bound: 'at most', goal: GOAL, measured: ratios.at(-1)!.median, spoilt: errors.length > 0 });
  }
  await origin.child.kill();
  const head = ['target', ...COUNTS.map((count) => `${count}: µs/request`), '100 to 3', '1000 to 3', 'errors'];
  const text = `### Backends\n\n${CONNECTIONS} connections, tiny head with one of ${USERS} users; every backend probed each 5 s (nginx: passive only).\n\n${table(head, rows)}`;
  return { text, samples: all, goals, missing };
}

/** Samples by count of backends, then by round. */
async function measurePeer(peer: Peer, origin: Origin, flags: ScaleFlags): Promise<Sample[][]> {
  const targets: Target[] = [];
  try {
    for (const count of COUNTS) {
      targets.push(await startTarget(peer, { backends: origin.backends.slice(0, count), core: PROXY_CORE }));
    }
    const load = { connections: CONNECTIONS, fields: [], users: USERS };
    const samples = await measureRounds(targets, load, origin.child.pid, flags);
    console.error(`backends: ${peer.title} done`);
    return samples;
  } finally {
    for (const target of targets) await target.stop();
  }
}
