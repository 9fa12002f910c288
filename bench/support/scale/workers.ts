import { startOrigin } from '../origin.ts';
import { edgeBalancerLeastConnections } from '../peers/edgebalancer.ts';
import { haproxyFull } from '../peers/haproxy.ts';
import { nginxLeastConn } from '../peers/nginx.ts';
import type { Peer } from '../peers/peer.ts';
import type { Sample } from '../slice.ts';
import { median, pairwiseRatio, spread } from '../statistics.ts';
import { figure, ratioText, spreadText, table } from '../table.ts';
import { startTarget, type Target } from '../target.ts';
import type { Part, ScaleFlags } from './part.ts';
import { measureRounds } from './rounds.ts';

/** What a second worker costs and gives. Nothing is pinned: on two cores, load and origin compete with the workers. */

const WORKERS = [1, 2];
const CONNECTIONS = 128;
const PEERS: readonly Peer[] = [edgeBalancerLeastConnections, nginxLeastConn, haproxyFull];

export async function measureWorkers(flags: ScaleFlags): Promise<Part> {
  const origin = await startOrigin(3);
  const rows: string[][] = [];
  const missing: string[] = [];
  const all: Sample[] = [];
  for (const peer of PEERS.filter((each) => flags.wants(each.id))) {
    const targets: Target[] = [];
    try {
      for (const workers of WORKERS) {
        targets.push(await startTarget(peer, { backends: origin.backends, core: null, workers }));
      }
      const load = { connections: CONNECTIONS, fields: [], pinned: false };
      const samples = await measureRounds(targets, load, origin.child.pid, flags);
      rows.push(...peerRows(peer, samples));
      all.push(...samples.flat());
      console.error(`workers: ${peer.title} done`);
    } catch (error) {
      console.error(`left out: ${peer.title}: ${(error as Error).message}`);
      missing.push(`${peer.title}: ${(error as Error).message.split('\n')[0]}`);
    } finally {
      for (const target of targets) await target.stop();
    }
  }
  await origin.child.kill();
  const head = [
    'target',
    'workers',
    'CPU µs/request',
    'CPU to 1 worker',
    'requests/s',
    'to 1 worker',
    'cores used',
    'p99 µs',
    'errors',
  ];
  const text = `### Workers\n\n${CONNECTIONS} connections, tiny head, nothing pinned: with few cores, requests/s says little (wrk and the origin want cores too).\n\n${table(head, rows)}`;
  return { text, samples: all, goals: [], missing };
}

function peerRows(peer: Peer, samples: readonly Sample[][]): string[][] {
  return WORKERS.map((workers, at) => {
    const list = samples[at]!;
    const cpu = (of: readonly Sample[]) => of.map((sample) => sample.cpuUs);
    const rate = (of: readonly Sample[]) => of.map((sample) => sample.perSecond);
    return [
      peer.title,
      String(workers),
      spreadText(spread(cpu(list))),
      ratioText(pairwiseRatio(cpu(list), cpu(samples[0]!))),
      figure(Math.round(median(rate(list)) / 100) * 100),
      ratioText(pairwiseRatio(rate(list), rate(samples[0]!))),
      median(list.map((sample) => sample.busy)).toFixed(2),
      figure(median(list.map((sample) => sample.p99Us))),
      [...new Set(list.flatMap((sample) => (sample.errors > 0 ? [sample.errorText] : [])))].join('; ') || '0',
    ];
  });
}
