import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { stringify } from 'yaml';
import { askAdmin, flood, type Flood } from './support/admin-load.ts';
import { LOAD_CORE, PROXY_CORE, pinSelf, startChild } from './support/children.ts';
import { converse } from './support/conversation.ts';
import { FOREIGN_MAX, watchForeignWork } from './support/disturbance.ts';
import { readFlags, wanted } from './support/flags.ts';
import { goalsTable } from './support/goals.ts';
import { startOrigin } from './support/origin.ts';
import type { Peer } from './support/peers/peer.ts';
import { makeDirectory, REPOSITORY } from './support/places.ts';
import { cpuNs } from './support/process-cost.ts';
import { publish } from './support/results.ts';
import type { GoodOrder, GoodResult } from './support/slow-clients/good-process.ts';
import { median, quantile, spread } from './support/statistics.ts';
import { figure, ratioText, spreadText, table } from './support/table.ts';
import { startTarget } from './support/target.ts';

/** What traffic notices of changes of the configuration, and of load on the admin API; how soon a change is obeyed. */

const GOAL_CHANGES = 1.2;
const GOAL_ADMIN = 1.1;
const GOAL_OBEYED_MS = 50;
const CHANGES_PER_SECOND = 10;
const SETTLE_MS = 1000;
const FLOOD_PER_SECOND = 1000;
const WARM_UP = { ms: 4000, perSecond: 8000 };
const STRATEGIES = ['round-robin', 'adaptive', 'two-choices', 'least-connections'];
const TOKEN = `eb_${randomBytes(32).toString('base64url')}`;
const PARTS = ['changes', 'reads', 'guesses'] as const;
type Part = (typeof PARTS)[number];
const TITLES: Readonly<Record<Part, string>> = {
  changes: `${CHANGES_PER_SECOND} changes a second`,
  reads: 'GET /admin/metrics, 1,000 times a second',
  guesses: 'wrong tokens, 1,000 times a second',
};

interface Round {
  readonly before: GoodResult;
  readonly during: GoodResult;
  /** Milliseconds of CPU a second. */
  readonly cpuBefore: number;
  readonly cpuDuring: number;
  /** From the request that asks for a change to the answer that every worker obeys it. */
  readonly obeyedMs: readonly number[];
  readonly problems: readonly string[];
  readonly answers: ReadonlyMap<number, number>;
  readonly foreign: number;
}

const flags = readFlags(
  'traffic while the configuration is changed, and while the admin API is asked much',
  { rounds: 5, good: 64, perSecond: 1000, seconds: 10, workers: 2, backends: 8, parts: [...PARTS], repeats: 1 },
  { rounds: 1, seconds: 3, repeats: 0 },
);
pinSelf(LOAD_CORE);
const origin = await startOrigin(flags.backends);
const script = join(import.meta.dirname, 'support/slow-clients/good-process.ts');
const good = startChild({ file: process.execPath, args: [script] }, makeDirectory('good'), LOAD_CORE, true);
let adminPort = 0;
const target = await startTarget(balancer(), {
  backends: origin.backends,
  core: PROXY_CORE,
  workers: flags.workers,
  connectionsMax: 200,
});
// What asks the admin API must not be what the good clients wait for: it gives way on the core that both use.
setPriority(19);
await serveGood(() => delay(WARM_UP.ms), WARM_UP.perSecond);
const rounds = new Map<Part, Round[]>();
for (let round = 0; round < flags.rounds; round++) {
  for (const part of PARTS.filter((one) => wanted(flags.parts, one)))
    rounds.set(part, [...(rounds.get(part) ?? []), await measure(part, round)]);
}
publish('control', 'traffic beside changes and load on the admin API', report(), flags.write, 'live-changes');
process.exit(0);

/** As it runs in earnest: tokens are asked for, and a change is on the disk before it is answered. */
function balancer(): Peer {
  return {
    id: 'edgebalancer',
    title: 'EdgeBalancer',
    full: true,
    prepare: (task) => {
      adminPort = task.adminPort;
      const config = {
        workers: task.workers,
        listeners: [{ address: `127.0.0.1:${task.port}` }],
        routes: [{ name: 'app', match: { path: '/proxy/' }, stripPrefix: '/proxy', pool: 'app' }],
        pools: {
          app: {
            strategy: 'least-connections',
            slowStart: null,
            backends: task.backends.map((backend, at) => ({ id: `b${at}`, url: `http://${backend}` })),
          },
        },
        rateLimits: { 'per-client': { rate: '10000000/s', burst: 10_000_000 } },
        state: { dir: join(task.directory, 'state') },
        admin: { address: `127.0.0.1:${task.adminPort}` },
        log: { access: null },
      };
      const file = join(task.directory, 'edgebalancer.yaml');
      writeFileSync(file, stringify(config));
      return {
        file: join(REPOSITORY, 'node_modules/.bin/node'),
        args: [join(REPOSITORY, 'bin/edgebalancer.js'), 'run', file],
        env: { EDGEBALANCER_ADMIN_TOKEN: TOKEN },
      };
    },
  };
}

/** One round; a disturbed one is repeated, a few times at most, and the least disturbed kept. */
async function measure(part: Part, round: number): Promise<Round> {
  let best: Round | null = null;
  for (let attempt = 0; attempt <= flags.repeats && (best === null || best.foreign > FOREIGN_MAX); attempt++) {
    const result = await measureOnce(part);
    console.error(
      `round ${round + 1}, ${TITLES[part]}: p99 ${figure(result.before.p99)} to ${figure(result.during.p99)} ms (${result.foreign.toFixed(2)} of a core was others')`,
    );
    if (best === null || result.foreign < best.foreign) best = result;
  }
  return best!;
}

async function measureOnce(part: Part): Promise<Round> {
  await delay(SETTLE_MS);
  const foreign = watchForeignWork([process.pid, target.child.pid, origin.child.pid, good.pid]);
  const [before, cpuBefore] = await serveGood(() => delay(flags.seconds * 1000));
  const obeyedMs: number[] = [];
  const problems: string[] = [];
  let asked: Flood | null = null;
  const [during, cpuDuring] = await serveGood(async () => {
    if (part === 'changes') await changeOften(obeyedMs, problems);
    else asked = await ask(part);
  });
  const answers = (asked as Flood | null)?.statuses ?? new Map<number, number>();
  return { before, during, cpuBefore, cpuDuring, obeyedMs, problems, answers, foreign: foreign() };
}

function ask(part: 'reads' | 'guesses'): Promise<Flood> {
  const token = part === 'reads' ? () => TOKEN : () => `eb_${randomBytes(32).toString('base64url')}`;
  return flood(adminPort, { path: '/admin/metrics', token, perSecond: FLOOD_PER_SECOND, seconds: flags.seconds });
}

/** Weights, drains and strategies in turn, each at its time whether the one before was slow or not. */
async function changeOften(obeyedMs: number[], problems: string[]): Promise<void> {
  const begunMs = performance.now();
  const running: Promise<void>[] = [];
  for (let at = 0; at < flags.seconds * CHANGES_PER_SECOND; at++) {
    await delay(Math.max(0, begunMs + (at * 1000) / CHANGES_PER_SECOND - performance.now()));
    const [method, path, body] = changeNumber(at);
    running.push(
      askAdmin(adminPort, method, path, TOKEN, body).then(
        ({ status, text, ms }) => {
          if (status === 200 && (JSON.parse(text) as { obeyed: boolean }).obeyed) obeyedMs.push(ms);
          else problems.push(`${status} ${text.slice(0, 200)}`);
        },
        (error: unknown) => void problems.push(String(error)),
      ),
    );
  }
  await Promise.all(running);
}

function changeNumber(at: number): [method: string, path: string, body: object] {
  const backend = `/admin/backends/app/b${Math.floor(at / 4) % flags.backends}`;
  switch (at % 4) {
    case 0:
      return ['PATCH', backend, { weight: 1 + ((at / 4) % 9) / 2 }];
    case 1:
      return ['PATCH', backend, { state: 'draining' }];
    case 2:
      return ['PUT', '/admin/strategy', { pool: 'app', strategy: STRATEGIES[Math.floor(at / 4) % STRATEGIES.length] }];
    default:
      return ['PATCH', backend, { state: 'active' }];
  }
}

/** The good clients ask for as long as `meanwhile` takes. Resolves with what they saw, and CPU in ms a second. */
async function serveGood(
  meanwhile: () => Promise<unknown>,
  perSecond: number = flags.perSecond,
): Promise<[GoodResult, number]> {
  const cpuBefore = cpuNs(target.child.pid);
  const begunMs = performance.now();
  await converse(good, { start: { port: target.port, connections: flags.good, perSecond } } satisfies GoodOrder);
  await meanwhile();
  const result = (await converse(good, { stop: true } satisfies GoodOrder)) as GoodResult;
  const cpuMs = (cpuNs(target.child.pid) - cpuBefore) / 1e6;
  return [result, cpuMs / ((performance.now() - begunMs) / 1000)];
}

function report(): string {
  const rows = [...rounds].map(([part, list]) => {
    const of = (pick: (round: Round) => number) => spread(list.map(pick));
    return [
      `${TITLES[part]}${problemsOf(list) === '' ? '' : ' (!)'}`,
      spreadText(of(({ before }) => before.p99)),
      spreadText(of(({ during }) => during.p99)),
      ratioText(of(ratioOf)),
      figure(median(list.map(({ during }) => during.worst))),
      `${figure(median(list.map(({ cpuBefore }) => cpuBefore)))} to ${figure(median(list.map(({ cpuDuring }) => cpuDuring)))}`,
      answersText(list),
      problemsOf(list) || '0',
    ];
  });
  const goalOf = (part: Part, what: string, goal: number) => {
    const list = rounds.get(part) ?? [];
    const measured = list.length === 0 ? NaN : median(list.map(ratioOf));
    const disturbed = list.length > 0 && list.every(({ foreign }) => foreign > FOREIGN_MAX);
    return { what, bound: 'at most' as const, goal, measured, spoilt: problemsOf(list) !== '', disturbed };
  };
  const changes = rounds.get('changes') ?? [];
  const obeyed = changes.flatMap(({ obeyedMs }) => obeyedMs).toSorted((a, b) => a - b);
  const goals = [
    goalOf('changes', 'p99 of traffic during changes, to before', GOAL_CHANGES),
    {
      what: 'from asking for a change until every worker obeys it and it is on the disk, p99',
      bound: 'at most' as const,
      goal: GOAL_OBEYED_MS,
      measured: obeyed.length === 0 ? NaN : quantile(obeyed, 0.99),
      unit: 'ms',
      spoilt: problemsOf(changes) !== '',
    },
    goalOf('reads', 'p99 of traffic while metrics are asked for, to before', GOAL_ADMIN),
    goalOf('guesses', 'p99 of traffic while tokens are guessed, to before', GOAL_ADMIN),
  ];
  const head = [
    'beside',
    'p99 ms before',
    'during',
    'ratio',
    'worst ms',
    'CPU ms/s',
    'answers of the admin API',
    'errors',
  ];
  const shown =
    obeyed.length === 0
      ? ''
      : `Changes: ${obeyed.length}, obeyed after ${figure(quantile(obeyed, 0.5))} ms (median), ${figure(quantile(obeyed, 0.99))} ms (p99), ${figure(obeyed.at(-1) as number)} ms at most.`;
  return [
    `${flags.good} clients on kept connections, ${flags.perSecond} requests a second together at a steady pace, ${flags.backends} backends, ${flags.workers} workers on one core; ${flags.seconds} s without, then ${flags.seconds} s with what is named.`,
    table(head, rows),
    shown,
    goalsTable(goals),
    `Medians of ${flags.rounds} rounds (min–max). Latency runs from the moment at which a request could have been sent. The admin API's own limits are in force: most of a flood is answered 429.`,
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function ratioOf({ before, during }: Round): number {
  return during.p99 / before.p99;
}

function answersText(list: readonly Round[]): string {
  const sums = new Map<number, number>();
  for (const { answers } of list)
    for (const [status, count] of answers) sums.set(status, (sums.get(status) ?? 0) + count);
  return [...sums].map(([status, count]) => `${count} of ${status === 0 ? 'none' : status}`).join(', ') || '-';
}

function problemsOf(list: readonly Round[]): string {
  const errors = list.reduce((sum, { before, during }) => sum + before.errors + during.errors, 0);
  const parts = [...new Set(list.flatMap(({ problems }) => problems))].slice(0, 3);
  if (errors > 0) parts.push(`${errors} requests failed`);
  return parts.join('; ');
}
