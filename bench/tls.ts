import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LOAD_CORE, PROXY_CORE, pinSelf } from './support/children.ts';
import { readFlags, wanted } from './support/flags.ts';
import { headFields } from './support/heads.ts';
import { startOrigin } from './support/origin.ts';
import { edgeBalancerLeastConnections } from './support/peers/edgebalancer.ts';
import { haproxyFull, haproxyMinimal } from './support/peers/haproxy.ts';
import { nginxLeastConn, nginxMinimal } from './support/peers/nginx.ts';
import type { TlsFiles } from './support/peers/peer.ts';
import { makeDirectory } from './support/places.ts';
import { publish } from './support/results.ts';
import { disturbanceNote, slice, type Sample } from './support/slice.ts';
import { median, pairwiseRatio, rotated, spread } from './support/statistics.ts';
import { figure, ratioText, spreadText, table } from './support/table.ts';
import { startTargets } from './support/target.ts';

/** What TLS for clients costs: a request on a kept connection, and a whole handshake, beside peers. */

const BACKENDS = 3;
const LOADS = [
  { id: '64-kept', title: '64 connections, keep-alive', connections: 64, close: false },
  {
    id: '1000-kept',
    title: '1000 connections, keep-alive, their handshakes among the cost',
    connections: 1000,
    close: false,
  },
  { id: '64-handshakes', title: '64 connections, a handshake per request', connections: 64, close: true },
] as const;

const flags = readFlags(
  'CPU per request and per handshake under TLS, beside peers',
  { rounds: 5, slice: 2, warmup: 2, repeats: 2, targets: [], loads: [] },
  { rounds: 2, warmup: 1, repeats: 1 },
);
const PEERS = [edgeBalancerLeastConnections, haproxyMinimal, haproxyFull, nginxMinimal, nginxLeastConn];

pinSelf(LOAD_CORE);
const origin = await startOrigin(BACKENDS);
const { targets, missing } = await startTargets(
  PEERS.filter(({ id }) => wanted(flags.targets, id)),
  { backends: origin.backends, core: PROXY_CORE, tls: makeFiles() },
);
const all: Sample[] = [];
const parts: string[] = [];
for (const load of LOADS.filter(({ id }) => wanted(flags.loads, id))) parts.push(await measured(load));
const notes = [
  `Medians of ${flags.rounds} rounds of ${flags.slice} s (min–max); ratios are taken within each round. TLS 1.3, one certificate with a key on P-256, no session is resumed. Each slice begins with a handshake per connection: of 1000 connections those are half of the work. The proxy is alone on core ${PROXY_CORE}; wrk, which does the clients' half of the work, and the origin share core ${LOAD_CORE}.`,
  disturbanceNote(all),
  missing.length > 0 ? `Left out: ${missing.join('; ')}.` : '',
];
parts.push(notes.filter((line) => line !== '').join('\n'));
publish('tls', 'TLS', parts.join('\n\n'), flags.write);
process.exit(0);

async function measured(load: (typeof LOADS)[number]): Promise<string> {
  const samples = new Map<string, Sample[]>(targets.map(({ id }) => [id, []]));
  const run = (target: (typeof targets)[number], seconds: number, repeats: number): Promise<Sample> => {
    const fields = headFields('tiny', '/proxy/', `127.0.0.1:${target.port}`, load.close);
    return slice(target, { connections: load.connections, seconds, fields }, origin.child.pid, repeats);
  };
  for (const target of targets) await run(target, flags.warmup, 0);
  for (let round = 0; round < flags.rounds; round++) {
    for (const target of rotated(targets, round)) {
      const sample = await run(target, flags.slice, flags.repeats);
      samples.get(target.id)?.push(sample);
      all.push(sample);
    }
    console.error(`${load.id}: round ${round + 1} of ${flags.rounds}`);
  }
  const cpuOf = (id: string): number[] => (samples.get(id) ?? []).map(({ cpuUs }) => cpuUs);
  const rows = targets.map(({ id, title }) => {
    const list = samples.get(id) ?? [];
    const middle = (pick: (sample: Sample) => number): string => figure(median(list.map(pick)));
    return [
      title,
      spreadText(spread(cpuOf(id))),
      ratioText(pairwiseRatio(cpuOf(id), cpuOf('haproxy-full'))),
      ratioText(pairwiseRatio(cpuOf(id), cpuOf('nginx-full'))),
      middle(({ perSecond }) => Math.round(perSecond / 10) * 10),
      middle(({ p50Us }) => p50Us),
      middle(({ p99Us }) => p99Us),
      String(list.reduce((sum, { errors }) => sum + errors, 0)),
    ];
  });
  const head = [
    'target',
    'CPU µs/request',
    'to HAProxy full',
    'to nginx full',
    'requests/s',
    'p50 µs',
    'p99 µs',
    'errors',
  ];
  return `### ${load.title} (\`${load.id}\`)\n\n${table(head, rows)}`;
}

function makeFiles(): TlsFiles {
  const folder = makeDirectory('tls');
  const [cert, key, both] = [join(folder, 'cert.pem'), join(folder, 'key.pem'), join(folder, 'both.pem')];
  const made = spawnSync(
    'openssl',
    `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout ${key} -out ${cert} -days 30 -subj /CN=localhost`.split(
      ' ',
    ),
  );
  if (made.status !== 0) throw new Error(`openssl: ${made.stderr.toString()}`);
  writeFileSync(both, readFileSync(cert, 'utf8') + readFileSync(key, 'utf8'));
  return { cert, key, both };
}
