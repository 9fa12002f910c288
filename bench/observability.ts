import { join } from 'node:path';
import { LOAD_CORE, PROXY_CORE, pinSelf } from './support/children.ts';
import { readFlags, wanted } from './support/flags.ts';
import { goalsTable, type Goal } from './support/goals.ts';
import { headFields } from './support/heads.ts';
import { startCollector } from './support/observability/collector.ts';
import { measureScrapes } from './support/observability/scrape.ts';
import { startOrigin } from './support/origin.ts';
import { edgeBalancer, edgeBalancerLeastConnections } from './support/peers/edgebalancer.ts';
import { haproxyFull, haproxyLogged } from './support/peers/haproxy.ts';
import { nginxLeastConn, nginxLogged } from './support/peers/nginx.ts';
import type { Peer } from './support/peers/peer.ts';
import { publish } from './support/results.ts';
import { disturbanceNote, slice, type Sample } from './support/slice.ts';
import { median, pairwiseRatio, rotated, spread } from './support/statistics.ts';
import { figure, ratioText, spreadText, table } from './support/table.ts';
import { startTargets, type Target } from './support/target.ts';

/** What does it cost to be watched? CPU per request without metrics, with them, with traces, and with the access log; and of a scrape. */

const BACKENDS = 3;
const CONNECTIONS = 64;
const support = (name: string): string => join(import.meta.dirname, 'support/observability', name);
const WITHOUT_METRICS = support('without-metrics.ts');
const WITHOUT_RECORDING = support('without-recording.ts');

const uncounted = edgeBalancer({
  id: 'uncounted',
  title: 'EdgeBalancer, nothing counted',
  strategy: 'least-connections',
  nodeArgs: ['--import', WITHOUT_METRICS],
});
const unrecorded = edgeBalancer({
  id: 'unrecorded',
  title: 'EdgeBalancer, traffic not recorded',
  strategy: 'least-connections',
  nodeArgs: ['--import', WITHOUT_RECORDING],
});
const logged = edgeBalancer({
  id: 'edgebalancer-logged',
  title: 'EdgeBalancer, access log',
  strategy: 'least-connections',
  logged: true,
});
const traced = (tracesTo: string): Peer =>
  edgeBalancer({
    id: 'edgebalancer-traced',
    title: 'EdgeBalancer, 1 % traced',
    strategy: 'least-connections',
    traced: '1%',
    tracesTo,
  });
const peersWith = (tracesTo: string): readonly Peer[] => [
  uncounted,
  unrecorded,
  edgeBalancerLeastConnections,
  traced(tracesTo),
  logged,
  nginxLeastConn,
  nginxLogged,
  haproxyFull,
  haproxyLogged,
];
/** What each is compared with. */
const BASES: Readonly<Record<string, string>> = {
  edgebalancer: 'uncounted',
  'edgebalancer-traced': 'uncounted',
  'edgebalancer-logged': 'edgebalancer',
  'nginx-logged': 'nginx-full',
  'haproxy-logged': 'haproxy-full',
};

const flags = readFlags(
  'CPU per request without metrics, with them, with traces, with the access log; and CPU of a scrape of 1,000 backends',
  { rounds: 15, slice: 1, warmup: 4, repeats: 2, scrapes: 60, targets: [], parts: [] },
  { rounds: 3, warmup: 1, repeats: 1, scrapes: 15 },
);

pinSelf(LOAD_CORE);
const parts: string[] = [];
const goals: Goal[] = [];
if (wanted(flags.parts, 'requests')) await requests();
if (wanted(flags.parts, 'scrape')) {
  const { text, goals: wantedOfScrapes } = await measureScrapes(flags.scrapes);
  parts.push(text);
  goals.push(...wantedOfScrapes);
}
publish('observability', 'what it costs to be watched', [...parts, goalsTable(goals)].join('\n\n'), flags.write);
process.exit(0);

async function requests(): Promise<void> {
  const origin = await startOrigin(BACKENDS);
  const collector = await startCollector();
  const peers = peersWith(collector.url).filter(({ id }) => wanted(flags.targets, id));
  const { targets, missing } = await startTargets(peers, { backends: origin.backends, core: PROXY_CORE });
  const samples = new Map<string, Sample[]>(targets.map(({ id }) => [id, []]));
  const measure = (target: Target, seconds: number, repeats: number): Promise<Sample> => {
    const fields = headFields('tiny', '/proxy/', `127.0.0.1:${target.port}`, false);
    return slice(target, { connections: CONNECTIONS, seconds, fields }, origin.child.pid, repeats);
  };
  for (const target of targets) await measure(target, flags.warmup, 0);
  for (let round = 0; round < flags.rounds; round++) {
    for (const target of rotated(targets, round))
      samples.get(target.id)!.push(await measure(target, flags.slice, flags.repeats));
    console.error(`requests: round ${round + 1} of ${flags.rounds}`);
  }
  const exported = await collector.received();
  for (const target of targets) await target.stop();
  await collector.child.kill();
  await origin.child.kill();
  parts.push(requestsReport(targets, samples, [...missing, ...untraced(targets, exported.exports)]));
  goals.push(
    goalOf('metrics: CPU per request', 'edgebalancer', 1.03, samples),
    goalOf('traffic recorded for the simulator: CPU per request', 'edgebalancer', 1.02, samples, 'unrecorded'),
    goalOf('metrics and 1 % traced: CPU per request', 'edgebalancer-traced', 1.03, samples),
    goalOf('JSON access log: CPU per request', 'edgebalancer-logged', 1.1, samples),
  );
}

/** Traces that nobody got would cost too little. */
function untraced(targets: readonly Target[], exports: number): string[] {
  const asked = targets.some(({ id }) => id === 'edgebalancer-traced');
  return asked && exports === 0 ? ['traces, of which the collector got none'] : [];
}

function requestsReport(
  targets: readonly Target[],
  samples: ReadonlyMap<string, readonly Sample[]>,
  missing: readonly string[],
): string {
  const cpu = (id: string): number[] => samples.get(id)?.map(({ cpuUs }) => cpuUs) ?? [];
  const rows = targets.map(({ id, title }) => {
    const list = samples.get(id)!;
    const errors = list.filter((sample) => sample.errors > 0);
    const base = BASES[id];
    return [
      `${title}${errors.length > 0 ? ' (!)' : ''}`,
      spreadText(spread(cpu(id))),
      base === undefined ? '' : ratioText(pairwiseRatio(cpu(id), cpu(base))),
      figure(median(list.map(({ perSecond }) => Math.round(perSecond / 100) * 100))),
      figure(median(list.map(({ p99Us }) => p99Us))),
    ];
  });
  const head = ['target', 'CPU µs/request', 'to the one without', 'requests/s', 'p99 µs'];
  const lines = [
    `### Requests\n\n${table(head, rows)}\n`,
    `Medians of ${flags.rounds} rounds of ${flags.slice} s (min–max), ${CONNECTIONS} connections, tiny head; ratios are taken within each round.`,
    disturbanceNote([...samples.values()].flat()),
    missing.length > 0 ? `Left out: ${missing.join('; ')}.` : '',
  ];
  return lines.filter((line) => line !== '').join('\n');
}

function goalOf(
  what: string,
  id: string,
  most: number,
  samples: ReadonlyMap<string, readonly Sample[]>,
  base = BASES[id] as string,
): Goal {
  const cpu = (of: string): number[] => samples.get(of)?.map(({ cpuUs }) => cpuUs) ?? [];
  const measured = pairwiseRatio(cpu(id), cpu(base)).median;
  const spoilt = [id, base].some((of) => samples.get(of)?.some(({ errors }) => errors > 0) === true);
  return { what: `${what}, to the one without`, bound: 'at most', goal: most, measured, spoilt };
}
