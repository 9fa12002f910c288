import { Agent, get, type IncomingMessage } from 'node:http';
import { TokenBucket } from '../src/core/limits/token-bucket.ts';
import { DEFAULT_CAPACITY } from '../src/memory/layout.ts';
import { layTables, tablesBytes } from '../src/memory/tables.ts';
import { Balancer, BALANCER_TOKEN } from '../test/support/balancer.ts';
import { Origin } from '../test/support/origin.ts';
import { Redis } from '../test/support/redis.ts';
import { readFlags } from './support/flags.ts';
import { goalsTable, type Goal } from './support/goals.ts';
import { publish } from './support/results.ts';
import { quantile } from './support/statistics.ts';
import { figure, table } from './support/table.ts';

/** Do three replicas hold one limit together over Redis, what does it cost, and who notices when Redis is killed? */

const REPLICAS = 3;
const LIMIT = 1000;
const BURST = 100;
const OFFERED_EACH = 500;
const TICK_MS = 4;
const flags = readFlags(
  'a limit that three replicas share over Redis: exactness, operations, and Redis killed under load',
  { seconds: 60, lostSeconds: 30, changes: 200 },
  { seconds: 8, lostSeconds: 6, changes: 20 },
);

interface Phase {
  readonly allowedPerSecond: number;
  readonly broken: number;
  readonly p99Ms: number;
}

const redis = await Redis.start();
const origin = await Origin.start('a');
const config = {
  workers: 1,
  listeners: [{ address: '127.0.0.1:0' }],
  pools: { app: { health: null, backends: [{ id: 'a', url: origin.url }] } },
  rateLimits: { 'per-client': null, all: { key: 'global', rate: `${LIMIT}/s`, burst: BURST } },
  routes: [
    { name: 'app', pool: 'app', match: { path: '/proxy/' }, rateLimits: ['all'] },
    { name: 'control', controlPlane: true, match: { path: '/' }, rateLimits: [] },
  ],
  admin: { address: null, publicRead: true, publicMetrics: true },
  state: { dir: null, shared: redis.url },
  log: { access: null },
};
const replicas = await Promise.all(Array.from({ length: REPLICAS }, () => Balancer.start({ config })));
const agent = new Agent({ keepAlive: true, maxSockets: 128 });
await load(3);
const operationsBefore = await operations();
const shared = await load(flags.seconds);
const perReplica = ((await operations()) - operationsBefore) / flags.seconds / REPLICAS;
const changeMs = await changes(flags.changes);
await redis.kill();
const lost = await load(flags.lostSeconds);
await redis.begin();
await load(5);
const back = await load(10);
const decisionUs = decisions();
agent.destroy();
await Promise.all(replicas.map((replica) => replica.stop()));
await origin.stop();
await redis.stop();

const off = ({ allowedPerSecond }: Phase): number => Math.abs(allowedPerSecond / LIMIT - 1);
const row = (what: string, phase: Phase): string[] => [
  what,
  figure(phase.allowedPerSecond, 4),
  `${(off(phase) * 100).toFixed(1)} %`,
  figure(phase.p99Ms),
  String(phase.broken),
];
const goals: Goal[] = [
  goal(`limit held over ${flags.seconds} s, off by`, 0.02, off(shared)),
  goal('Redis killed: limit off by', 0.25, off(lost)),
  goal('5 s after it is back: limit off by', 0.02, off(back)),
  goal('Redis killed: p99 to before', 1.2, lost.p99Ms / shared.p99Ms),
  goal('operations a second and replica', 50, perReplica),
  goal('a change on all replicas, p99 s', 1, quantile(changeMs, 0.99) / 1000),
  goal('a decision, p99 µs', 5, decisionUs),
];
publish(
  'shared',
  'a limit that replicas share over Redis',
  [
    `${REPLICAS} replicas of one worker, one limit of ${LIMIT} a second for all, ${OFFERED_EACH} requests a second to each, from one process.`,
    table(
      ['', 'let through/s', 'off by', 'p99 ms', 'failed'],
      [
        row(`${flags.seconds} s`, shared),
        row(`Redis killed, ${flags.lostSeconds} s`, lost),
        row('from 5 s after it is back, 10 s', back),
      ],
    ),
    `${figure(perReplica)} operations a second and replica (as Redis counts them: limits, the configuration, what replicas tell of themselves), whatever the number of decisions. A decision with its count for the others: p99 ${figure(decisionUs)} µs over a million, the clock that measures it included.`,
    `A change over the admin API of one replica, until the last of the others obeys it: p50 ${figure(quantile(changeMs, 0.5))} ms, p99 ${figure(quantile(changeMs, 0.99))} ms, longest ${figure(changeMs.at(-1) ?? 0)} ms, of ${flags.changes}.`,
    goalsTable(goals),
  ].join('\n\n'),
  flags.write,
);
process.exit(0);

function goal(what: string, most: number, measured: number): Goal {
  return { what, bound: 'at most', goal: most, measured, spoilt: false };
}

async function load(seconds: number): Promise<Phase> {
  const latencies: number[] = [];
  let [allowed, broken] = [0, 0];
  const open: Promise<void>[] = [];
  const begunMs = performance.now();
  const sent = replicas.map(() => 0);
  for (let now = begunMs; now < begunMs + seconds * 1000; now = performance.now()) {
    replicas.forEach(({ port }, at) => {
      while (sent[at]! < ((now - begunMs) / 1000) * OFFERED_EACH) {
        sent[at]! += 1;
        const fromMs = performance.now();
        open.push(
          ask(port).then((status) => {
            latencies.push(performance.now() - fromMs);
            if (status === 200) allowed++;
            else if (status !== 429) broken++;
          }),
        );
      }
    });
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  }
  await Promise.all(open);
  latencies.sort((a, b) => a - b);
  return { allowedPerSecond: allowed / seconds, broken, p99Ms: quantile(latencies, 0.99) };
}

function ask(port: number): Promise<number> {
  return new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, path: '/proxy/', agent }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode ?? 0));
    });
    request.on('error', () => resolve(0));
  });
}

/** Of all replicas since Redis began: scripts and waits. */
async function operations(): Promise<number> {
  const text = String(await redis.command('INFO', 'commandstats'));
  return ['eval', 'evalsha', 'blpop'].reduce(
    (sum, name) => sum + Number(new RegExp(`^cmdstat_${name}:calls=(\\d+)`, 'm').exec(text)?.[1] ?? 0),
    0,
  );
}

/** Milliseconds, in order, from when a change is sent to one replica until its event has come from every one. */
async function changes(count: number): Promise<number[]> {
  const seen = replicas.map(() => '');
  let heard = (): void => {};
  const streams = await Promise.all(
    replicas.map(({ port }, at) =>
      follow(port, (summary) => {
        seen[at] = summary;
        heard();
      }),
    ),
  );
  const took: number[] = [];
  for (let turn = 0; turn < count; turn++) {
    const weight = 2 + (turn % 50);
    const fromMs = performance.now();
    const everywhere = new Promise<void>((resolve) => {
      heard = () => {
        if (seen.every((summary) => summary.endsWith(`weight ${weight}`))) resolve();
      };
    });
    const { port } = replicas[turn % REPLICAS] as Balancer;
    const changed = await fetch(`http://127.0.0.1:${port}/admin/backends/app/a`, {
      method: 'PATCH',
      headers: { authorization: `Bearer ${BALANCER_TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify({ weight }),
    });
    if (!changed.ok) throw new Error(await changed.text());
    await everywhere;
    took.push(performance.now() - fromMs);
    // So that changes fall anywhere between two looks.
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 500));
  }
  for (const stream of streams) stream.destroy();
  return took.sort((a, b) => a - b);
}

/** Tells of each configuration that comes into force at a replica. */
function follow(port: number, onConfig: (summary: string) => void): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = get({ host: '127.0.0.1', port, path: '/admin/events?types=config', agent: false }, (answer) => {
      let rest = '';
      answer.setEncoding('utf8').on('data', (part: string) => {
        const lines = (rest + part).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines)
          if (line.startsWith('data: ')) onConfig((JSON.parse(line.slice(6)) as { summary?: string }).summary ?? '');
      });
      answer.on('error', () => {});
      resolve(answer);
    });
    request.on('error', reject);
  });
}

/** Microseconds at p99 of one hot key's decision and its count, in this process. */
function decisions(): number {
  const capacity = { ...DEFAULT_CAPACITY, workers: 1 };
  const tables = layTables(new SharedArrayBuffer(tablesBytes(capacity)), capacity);
  const bucket = new TokenBucket({ row: 0, perSecond: 10_000_000, burst: 10_000_000, lease: 20 });
  tables.buckets.know(bucket);
  const usage = tables.usage.rows[0]!;
  const times = new Float64Array(1_000_000);
  for (let at = 0; at < times.length; at++) {
    const from = performance.now();
    if (tables.buckets.take(bucket, 1, 2, from)) usage.count(0, 1, 2, 1);
    times[at] = (performance.now() - from) * 1000;
  }
  times.sort();
  return quantile(times, 0.99);
}
