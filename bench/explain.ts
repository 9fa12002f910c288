import { LOAD_CORE, PROXY_CORE, pinSelf } from './support/children.ts';
import { readFlags, wanted } from './support/flags.ts';
import { headFields } from './support/heads.ts';
import { startOrigin } from './support/origin.ts';
import { edgeBalancer } from './support/peers/edgebalancer.ts';
import { publish } from './support/results.ts';
import { disturbanceNote, slice, type Sample } from './support/slice.ts';
import { median, pairwiseRatio, rotated, spread } from './support/statistics.ts';
import { figure, ratioText, spreadText, table } from './support/table.ts';
import { startTargets, type Target } from './support/target.ts';

/** What does it cost that requests can be explained? CPU per request with nothing recorded, as it is by default, and always. */

const BACKENDS = 3;
const CONNECTIONS = 64;
const BASE = 'off';

const peerOf = (id: string, title: string, requests: string) =>
  edgeBalancer({ id, title, strategy: 'least-connections', requests });
const PEERS = [
  peerOf(BASE, 'nothing recorded', 'null'),
  peerOf('unsampled', 'the failed and the slow alone', '{ sample: 0% }'),
  peerOf('default', '1 %, the failed and the slow', '{ sample: 1% }'),
];

const flags = readFlags(
  'CPU per request with requests recorded to be explained, and without',
  { rounds: 15, slice: 1, warmup: 4, repeats: 2, targets: [] },
  { rounds: 3, warmup: 1, repeats: 1 },
);

pinSelf(LOAD_CORE);
const origin = await startOrigin(BACKENDS);
const peers = PEERS.filter(({ id }) => wanted(flags.targets, id));
const { targets } = await startTargets(peers, { backends: origin.backends, core: PROXY_CORE });
const samples = new Map<string, Sample[]>(targets.map(({ id }) => [id, []]));
for (const target of targets) await measure(target, flags.warmup, 0);
for (let round = 0; round < flags.rounds; round++) {
  for (const target of rotated(targets, round))
    samples.get(target.id)!.push(await measure(target, flags.slice, flags.repeats));
}
for (const target of targets) await target.stop();
await origin.child.kill();
publish('explain', 'what explained requests cost', report(), flags.write);
process.exit(0);

function measure(target: Target, seconds: number, repeats: number): Promise<Sample> {
  const fields = headFields('tiny', '/proxy/', `127.0.0.1:${target.port}`, false);
  return slice(target, { connections: CONNECTIONS, seconds, fields }, origin.child.pid, repeats);
}

function report(): string {
  const cpu = (id: string): number[] => samples.get(id)?.map(({ cpuUs }) => cpuUs) ?? [];
  const rows = targets.map(({ id, title }) => [
    title,
    spreadText(spread(cpu(id))),
    id === BASE ? '' : ratioText(pairwiseRatio(cpu(id), cpu(BASE))),
    figure(median(samples.get(id)!.map(({ p99Us }) => p99Us))),
  ]);
  return [
    table(['recorded', 'CPU µs/request', 'to nothing', 'p99 µs'], rows),
    `Medians of ${flags.rounds} rounds of ${flags.slice} s (min–max), ${CONNECTIONS} connections, tiny head; ratios are taken within each round.`,
    disturbanceNote([...samples.values()].flat()),
  ].join('\n\n');
}
