import { describeGoals } from './support/overhead-goals.ts';
import { cpuNs } from './support/process-cost.ts';
import { LOAD_CORE, PROXY_CORE, pinSelf } from './support/children.ts';
import { readFlags, wanted } from './support/flags.ts';
import { headFields, type HeadSize } from './support/heads.ts';
import { startOrigin } from './support/origin.ts';
import { ALL_PEERS } from './support/peers/all.ts';
import { publish } from './support/results.ts';
import { sameWorkTable } from './support/same-work.ts';
import { disturbanceNote, slice, type Sample } from './support/slice.ts';
import { median, pairwiseRatio, rotated, spread } from './support/statistics.ts';
import { figure, ratioText, spreadText, table } from './support/table.ts';
import { startTargets, type Target } from './support/target.ts';
import { runWrk } from './support/wrk.ts';

/** What a request costs: CPU, throughput and latency of each proxy on one core, beside its peers, under several loads. */

interface Load {
  readonly id: string;
  readonly connections: number;
  readonly head: HeadSize;
  readonly close: boolean;
}

const BACKENDS = 3;

const flags = readFlags(
  'CPU per request, throughput and latency, beside peers',
  { rounds: 7, slice: 1, warmup: 2, repeats: 2, targets: [], loads: [] },
  { rounds: 2, warmup: 1, repeats: 1, loads: ['64-tiny', '1000-tiny', '64-browser', '64-tiny-close'] },
);
const loads: Load[] = [];
for (const close of [false, true]) {
  for (const head of ['tiny', 'browser'] as const) {
    for (const connections of [64, 1, 1000]) {
      loads.push({ id: `${connections}-${head}${close ? '-close' : ''}`, connections, head, close });
    }
  }
}

pinSelf(LOAD_CORE);
const origin = await startOrigin(BACKENDS);
const peers = ALL_PEERS.filter((peer) => wanted(flags.targets, peer.id));
const { targets, missing } = await startTargets(peers, { backends: origin.backends, core: PROXY_CORE });
const samples = new Map<string, Map<string, Sample[]>>();
const direct: number[] = [];
for (const load of loads.filter((each) => wanted(flags.loads, each.id))) await measureLoad(load);
const report = [
  await sameWorkTable(targets),
  ...[...samples].map(([id, byTarget]) => loadReport(id, byTarget)),
  describeGoals(samples),
  notes(),
];
publish('overhead', 'what a request costs', report.filter((part) => part !== '').join('\n\n'), flags.write);
process.exit(0);

async function measureLoad(load: Load): Promise<void> {
  const byTarget = new Map<string, Sample[]>(targets.map((target) => [target.id, []]));
  samples.set(load.id, byTarget);
  // Twice as long the first time: code is compiled in steps.
  const warmup = samples.size === 1 ? 2 * flags.warmup : flags.warmup;
  for (const target of targets) await measure(target, load, warmup, 0);
  for (let round = 0; round < flags.rounds; round++) {
    for (const target of rotated(targets, round))
      byTarget.get(target.id)!.push(await measure(target, load, flags.slice, flags.repeats));
    console.error(`${load.id}: round ${round + 1} of ${flags.rounds}`);
  }
  direct.push(await originBusy(load));
}

function measure(target: Target, load: Load, seconds: number, repeats: number): Promise<Sample> {
  const fields = headFields(load.head, '/proxy/', `127.0.0.1:${target.port}`, load.close);
  return slice(target, { connections: load.connections, seconds, fields }, origin.child.pid, repeats);
}

/** CPU of the origin for one request of this load, sent to it directly: what of the load's core the origin takes. */
async function originBusy(load: Load): Promise<number> {
  const url = `http://${origin.backends[0]}/`;
  const fields = headFields(load.head, '/', origin.backends[0]!, false);
  const before = cpuNs(origin.child.pid);
  const result = await runWrk({ url, connections: load.connections, seconds: 1, fields });
  return (cpuNs(origin.child.pid) - before) / 1000 / result.requests;
}

function loadReport(id: string, byTarget: Map<string, Sample[]>): string {
  const load = loads.find((each) => each.id === id)!;
  const minimal = byTarget.get('haproxy-min')?.map((sample) => sample.cpuUs) ?? [];
  const full = byTarget.get('haproxy-full')?.map((sample) => sample.cpuUs) ?? [];
  const rows = [...byTarget].map(([target, list]) => {
    const cpu = list.map((sample) => sample.cpuUs);
    const middle = (pick: (sample: Sample) => number) => figure(median(list.map(pick)));
    const errors = list.filter((sample) => sample.errors > 0);
    return [
      `${targets.find((each) => each.id === target)!.title}${errors.length > 0 ? ' (!)' : ''}`,
      spreadText(spread(cpu)),
      ratioText(pairwiseRatio(cpu, minimal)),
      ratioText(pairwiseRatio(cpu, full)),
      middle((sample) => Math.round(sample.perSecond / 100) * 100),
      middle((sample) => sample.busy * 100),
      middle((sample) => sample.p50Us),
      middle((sample) => sample.p99Us),
      errors.length === 0 ? '0' : errors.map((sample) => sample.errorText).join('; '),
    ];
  });
  const head = [
    'target',
    'CPU µs/request',
    'to HAProxy min',
    'to HAProxy full',
    'requests/s',
    'core %',
    'p50 µs',
    'p99 µs',
    'errors',
  ];
  const count = `${load.connections} connection${load.connections > 1 ? 's' : ''}`;
  const manner = load.close ? 'a connection per request' : 'keep-alive';
  return `### ${count}, ${load.head} head, ${manner} (\`${id}\`)\n\n${table(head, rows)}`;
}

function notes(): string {
  const lines = [
    `Medians of ${flags.rounds} rounds of ${flags.slice} s (min–max); ratios are taken within each round. The proxy is alone on core ${PROXY_CORE}; wrk and the origin share core ${LOAD_CORE}.`,
    `"core %" is the share of its core that the proxy used: below about 95, the load's core was the limit, and requests/s says what the load could do, not what the proxy can; CPU per request holds either way. The origin itself takes ${figure(median(direct))} µs a request.`,
  ];
  lines.push(disturbanceNote([...samples.values()].flatMap((byTarget) => [...byTarget.values()].flat())));
  if (missing.length > 0) lines.push(`Left out: ${missing.join('; ')}.`);
  return lines.filter((line) => line !== '').join('\n');
}
