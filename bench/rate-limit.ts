import { UsageTable, type UsageRow } from '../src/memory/usage-table.ts';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { TokenBucket } from '#core/limits/token-bucket.ts';
import { HalfSipHash } from '#core/math/half-sip-hash.ts';
import type { LimitKeyPlan } from '#core/plan-failures.ts';
import { RequestHead, parseRequestHead } from '#http1/request-head.ts';
import { BucketTable } from '#memory/bucket-table.ts';
import { CounterRow } from '#memory/counters.ts';
import { DEFAULT_CAPACITY, Layout } from '#memory/layout.ts';
import { Recorder } from '#observe/recorder.ts';
import { LimitStanding, RouteLimits } from '#proxy/rate-limits.ts';
import type { ClientFacts } from '#proxy/request-writer.ts';
import { TrustedProxies } from '#proxy/trusted-proxies.ts';
import { readFlags } from './support/flags.ts';
import { goalsTable } from './support/goals.ts';
import { REPOSITORY } from './support/places.ts';
import { freePorts } from './support/ports.ts';
import { publish } from './support/results.ts';
import { table } from './support/table.ts';

/** What a decision costs, how many live keys are kept in how much memory, and how exact a rate is over two workers. */

const flags = readFlags('rate limits: cost, memory, accuracy', { seconds: 30, rate: 1000 }, { seconds: 5 });
const KEYS = 1_000_000;

function newTable(): BucketTable {
  const capacity = { ...DEFAULT_CAPACITY, workers: 1 };
  const size = new Layout(capacity, null);
  new BucketTable(size);
  return new BucketTable(new Layout(capacity, new SharedArrayBuffer(size.bytes)));
}

/** CPU nanoseconds of one `take`, the clock and the key's mixing included. */
function cost(buckets: BucketTable, keys: number, from: number): number {
  const bucket = new TokenBucket({ row: 0, perSecond: 100, burst: 200 });
  buckets.know(bucket);
  const before = process.cpuUsage();
  for (let i = 0; i < KEYS; i++) {
    const key = Math.imul(from + (i % keys), 0x9e3779b1);
    buckets.take(bucket, key, Math.imul(key, 0x85ebca6b), performance.now());
  }
  // CPU time: what else the machine does is not this decision's cost.
  const { user, system } = process.cpuUsage(before);
  return ((user + system) * 1000) / KEYS;
}

function newUsage(): { readonly usage: UsageRow; readonly shared: UsageTable } {
  const measured = new Layout({ ...DEFAULT_CAPACITY, workers: 1 }, null);
  new UsageTable(measured);
  const shared = new UsageTable(new Layout(measured.capacity, new SharedArrayBuffer(measured.bytes)));
  return { usage: shared.rows[0] as UsageRow, shared };
}

/** CPU nanoseconds of a route's decision on a request with these field lines, whose peer is a trusted proxy. */
function decision(key: LimitKeyPlan, lines: string): number {
  const layout = new Layout({ ...DEFAULT_CAPACITY, workers: 1 }, null);
  new CounterRow(layout);
  const counters = new CounterRow(new Layout(layout.capacity, new SharedArrayBuffer(layout.bytes)));
  const ports = { table: newTable(), recorder: new Recorder(counters), hash: new HalfSipHash(1, 2), ...newUsage() };
  const plan = {
    name: 'per-client',
    row: 0,
    key,
    perSecond: 10_000_000,
    burst: 10_000_000,
    dryRun: false,
    lease: null,
  };
  const limits = new RouteLimits([plan], 'app', ports);
  const client: ClientFacts = {
    trusted: true,
    forwardedLines: Buffer.alloc(0),
    address: Buffer.from('10.0.0.1'),
    scheme: Buffer.from('http'),
    secure: false,
    identityLow: 1,
    identityHigh: 2,
    proxies: new TrustedProxies(['10.0.0.0/8', '192.168.0.0/16', '2001:db8::/32']),
  };
  const buf = Buffer.from(`GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: bench\r\nAccept: */*\r\n${lines}\r\n`, 'latin1');
  const head = new RequestHead(100);
  parseRequestHead(buf, 0, buf.length, head, { headerBytes: 8192, headerCount: 100, targetBytes: 8192 });
  const standing = new LimitStanding();
  const run = () => {
    for (let i = 0; i < KEYS; i++) limits.admit(buf, head, client, performance.now(), standing);
  };
  run();
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return ((user + system) * 1000) / KEYS;
}

const rssBefore = process.memoryUsage.rss();
const buckets = newTable();
cost(newTable(), 1000, 0);
const fresh = cost(buckets, KEYS, 0);
const rssGrowth = process.memoryUsage.rss() - rssBefore;
const hit = cost(buckets, 1000, 0);
const flooded = newTable();
for (let lap = 0; lap < 5; lap++) cost(flooded, KEYS, lap * KEYS);
const full = cost(flooded, KEYS, 9 * KEYS);
let evicted = 0;
const kept = newTable();
const slow = new TokenBucket({ row: 0, perSecond: 0.01, burst: 2 });
kept.know(slow);
for (let i = 0; i < KEYS; i++) {
  kept.take(slow, (Math.random() * 2 ** 32) | 0, (Math.random() * 2 ** 32) | 0, 0);
  if (kept.evicted) evicted += 1;
}

const forwarded = decision({ from: 'client-ip' }, 'X-Forwarded-For: 203.0.113.9, 10.0.0.7\r\n');
const byCookie = decision({ from: 'cookie', name: 'session' }, 'Cookie: theme=dark; session=3f9a6c1e3f9a6c1e\r\n');

const admitted = await accuracy();
const error = Math.abs(admitted / flags.rate - 1);
const body = [
  table(
    ['a decision', 'ns'],
    [
      ['for a known key', hit.toFixed(0)],
      ['for a new key', fresh.toFixed(0)],
      ['for a new key, every set full', full.toFixed(0)],
      ['for a client behind two trusted proxies, key and all', forwarded.toFixed(0)],
      ['by a cookie, key and all', byCookie.toFixed(0)],
    ],
  ),
  `${KEYS} live keys: ${((1 - evicted / KEYS) * 100).toFixed(3)} % kept; resident memory grew by ${(rssGrowth / 1024 ** 2).toFixed(1)} MiB.`,
  `Two workers, ${flags.rate}/s configured, ${flags.seconds} s of load above it: ${admitted.toFixed(1)}/s let through (burst taken off).`,
  goalsTable([
    {
      what: 'a decision, in ns',
      bound: 'at most',
      goal: 1000,
      measured: Math.max(hit, fresh, full, forwarded, byCookie),
    },
    { what: 'memory for a million keys, in MiB', bound: 'at most', goal: 64, measured: rssGrowth / 1024 ** 2 },
    { what: 'error of the rate, in %', bound: 'at most', goal: 1, measured: error * 100 },
  ]),
];
publish('rate-limit', 'what limiting costs, and how exact it is', body.join('\n\n'), flags.write);
process.exit(0);

/** Requests a second that two workers let through, the burst taken off. */
async function accuracy(): Promise<number> {
  const origin = createServer((_, answer) => answer.end('ok'));
  await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));
  const [port, adminPort] = (await freePorts(2)) as [number, number];
  const directory = mkdtempSync(join(tmpdir(), 'edgebalancer-bench-'));
  const file = join(directory, 'edgebalancer.yaml');
  // A fifth of a second: what the machine keeps from the load meanwhile is made up for.
  const burst = Math.ceil(flags.rate / 5);
  writeFileSync(
    file,
    `workers: 2
listeners: [{ name: public, address: "127.0.0.1:${port}" }]
log: { access: null }
rateLimits: { all: { key: global, rate: ${flags.rate}/s, burst: ${burst} } }
routes: [{ name: app, match: { path: / }, pool: app, rateLimits: [all] }]
pools: { app: { health: null, backends: ["http://127.0.0.1:${(origin.address() as AddressInfo).port}"] } }
state: { dir: null }
admin: { address: "127.0.0.1:${adminPort}", publicRead: true }
`,
  );
  const child = spawn(process.execPath, [join(REPOSITORY, 'bin/edgebalancer.js'), 'run', file], { stdio: 'ignore' });
  while (!(await answers(adminPort))) await delay(50);
  const load = spawn('wrk', ['-t1', '-c64', `-d${flags.seconds + 2}s`, `http://127.0.0.1:${port}/`], {
    stdio: 'ignore',
  });
  await delay(1000);
  const before = await served(adminPort);
  await delay(flags.seconds * 1000);
  const after = await served(adminPort);
  load.kill();
  child.kill('SIGKILL');
  origin.closeAllConnections();
  origin.close();
  rmSync(directory, { recursive: true, force: true });
  return (after.count - before.count) / ((after.atMs - before.atMs) / 1000);
}

async function answers(port: number): Promise<boolean> {
  return await fetch(`http://127.0.0.1:${port}/readyz`).then(
    (answer) => answer.ok,
    () => false,
  );
}

/** Answers of 200 so far, and when that was. */
async function served(port: number): Promise<{ count: number; atMs: number }> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const counts = [...text.matchAll(/^edgebalancer_requests_total\{[^}]*status="200"\} (\d+)$/gm)];
  return { count: counts.reduce((sum, [, count]) => sum + Number(count), 0), atMs: performance.now() };
}
