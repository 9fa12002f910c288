import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { LOAD_CORE, PROXY_CORE, pinSelf, startChild } from './support/children.ts';
import { converse } from './support/conversation.ts';
import { FOREIGN_MAX, watchForeignWork } from './support/disturbance.ts';
import { readFlags, wanted } from './support/flags.ts';
import { goalsTable } from './support/goals.ts';
import { openFilesMax } from './support/open-files.ts';
import { startOrigin } from './support/origin.ts';
import { ALL_PEERS } from './support/peers/all.ts';
import { makeDirectory } from './support/places.ts';
import { cpuNs } from './support/process-cost.ts';
import { publish } from './support/results.ts';
import type { GoodOrder, GoodResult } from './support/slow-clients/good-process.ts';
import type { SlowOrder, SlowResult } from './support/slow-clients/slow-process.ts';
import { median, rotated, spread } from './support/statistics.ts';
import { figure, ratioText, spreadText, table } from './support/table.ts';
import { startTargets, type Target } from './support/target.ts';

/** Whether good clients notice thousands of slow ones beside them, and how soon those are gone. */

const GOAL_RATIO = 1.5;
/** Every target gives a head 10 s. */
const HEADER_S = 10;
const GOAL_GONE_S = HEADER_S + 1;
const OPEN_MS = 2000;
const LIMIT_MS = (HEADER_S + 10) * 1000 + OPEN_MS;
const SETTLE_MS = 1000;
/**
 * A proxy that has been up for a minute is meant, not one that has just started: at the pace of the measurement alone, an
 * engine that compiles what is used often would still be at it in the second round, on the one core that it has.
 */
const WARM_UP = { ms: 4000, perSecond: 8000 };
/** Files that proxies and load need beside the slow connections. */
const OTHER_FILES = 600;
const USUAL = ['edgebalancer', 'nginx-full', 'haproxy-full'];

interface Round {
  readonly before: GoodResult;
  readonly during: GoodResult;
  readonly slow: SlowResult;
  /** Milliseconds of CPU a second. */
  readonly cpuBefore: number;
  readonly cpuDuring: number;
  /** Cores' worth of time that others took meanwhile. */
  readonly foreign: number;
}

const flags = readFlags(
  'good clients beside thousands of slow ones, beside peers',
  { rounds: 3, clients: 5000, good: 64, perSecond: 1000, seconds: 12, repeats: 1, targets: USUAL },
  { rounds: 1, clients: 1000, seconds: 5, repeats: 0 },
);
pinSelf(LOAD_CORE);
const count = Math.min(flags.clients, openFilesMax() - OTHER_FILES);
const origin = await startOrigin(3);
const startLoad = (name: string, nice: number) => {
  const script = join(import.meta.dirname, `support/slow-clients/${name}.ts`);
  const args = ['-n', String(nice), process.execPath, script];
  return startChild({ file: 'nice', args }, makeDirectory(name), LOAD_CORE, true);
};
const good = startLoad('good-process', 0);
// The slow clients' own work must not be what the good ones wait for: they give way on the core that both use.
const slow = startLoad('slow-process', 19);
const { targets, missing } = await startTargets(
  ALL_PEERS.filter((peer) => wanted(flags.targets, peer.id)),
  { backends: origin.backends, core: PROXY_CORE, connectionsMax: count + 200 },
);
const rounds = new Map<Target, Round[]>(targets.map((target) => [target, []]));
for (const target of targets) await serveGood(target, () => delay(WARM_UP.ms), WARM_UP.perSecond);
for (let round = 0; round < flags.rounds; round++) {
  for (const target of rotated(targets, round)) rounds.get(target)!.push(await measure(target, round));
}
publish('slow-clients', 'good clients beside slow ones', report(), flags.write);
process.exit(0);

/** One round; a disturbed one is repeated, a few times at most, and the least disturbed kept. */
async function measure(target: Target, round: number): Promise<Round> {
  let best: Round | null = null;
  for (let attempt = 0; attempt <= flags.repeats && (best === null || best.foreign > FOREIGN_MAX); attempt++) {
    const result = await measureOnce(target);
    console.error(
      `round ${round + 1}, ${target.title}: p99 ${figure(result.before.p99)} to ${figure(result.during.p99)} ms` +
        `, gone after ${figure(result.slow.goneLastMs / 1000)} s (${result.foreign.toFixed(2)} of a core was others')`,
    );
    if (best === null || result.foreign < best.foreign) best = result;
  }
  return best!;
}

async function measureOnce(target: Target): Promise<Round> {
  await delay(SETTLE_MS);
  const foreign = watchForeignWork([target.child, origin.child, good, slow].map(({ pid }) => pid));
  const [before, cpuBefore] = await serveGood(target, () => delay(flags.seconds * 1000));
  let attacked!: SlowResult;
  const [during, cpuDuring] = await serveGood(target, async () => {
    const order: SlowOrder = { port: target.port, count, openMs: OPEN_MS, limitMs: LIMIT_MS };
    attacked = (await converse(slow, order)) as SlowResult;
  });
  return { before, during, slow: attacked, cpuBefore, cpuDuring, foreign: foreign() };
}

/** The good clients ask for as long as `meanwhile` takes. */
async function serveGood(
  target: Target,
  meanwhile: () => Promise<unknown>,
  perSecond: number = flags.perSecond,
): Promise<[GoodResult, number]> {
  const cpuBefore = cpuNs(target.child.pid);
  const begunMs = performance.now();
  const start: GoodOrder = { start: { port: target.port, connections: flags.good, perSecond } };
  await converse(good, start);
  await meanwhile();
  const result = (await converse(good, { stop: true } satisfies GoodOrder)) as GoodResult;
  const cpuMs = (cpuNs(target.child.pid) - cpuBefore) / 1e6;
  return [result, cpuMs / ((performance.now() - begunMs) / 1000)];
}

function report(): string {
  const rows = [...rounds].map(([target, list]) => {
    const of = (pick: (round: Round) => number) => spread(list.map(pick));
    const problems = problemsOf(list);
    return [
      `${target.title}${problems === '' ? '' : ' (!)'}`,
      figure(median(list.map(({ before }) => before.p50))),
      figure(median(list.map(({ during }) => during.p50))),
      spreadText(of(({ before }) => before.p99)),
      spreadText(of(({ during }) => during.p99)),
      ratioText(of(({ before, during }) => during.p99 / before.p99)),
      figure(median(list.map(({ during }) => during.worst))),
      figure(median(list.map(({ slow }) => slow.goneMedianMs / 1000))),
      spreadText(of(({ slow }) => slow.goneLastMs / 1000)),
      `${figure(median(list.map(({ cpuBefore }) => cpuBefore)))} to ${figure(median(list.map(({ cpuDuring }) => cpuDuring)))}`,
      problems || '0',
    ];
  });
  const head = [
    'target',
    'p50 ms before',
    'during',
    'p99 ms before',
    'during',
    'p99 ratio',
    'worst ms',
    'gone s, middle',
    'gone s, last',
    'CPU ms/s',
    'errors',
  ];
  const ours = [...rounds].find(([target]) => target.id === 'edgebalancer')?.[1] ?? [];
  const spoilt = problemsOf(ours) !== '';
  const disturbed = ours.length > 0 && ours.every(({ foreign }) => foreign > FOREIGN_MAX);
  const all = [...rounds.values()].flat();
  const bad = all.filter(({ foreign }) => foreign > FOREIGN_MAX).length;
  return [
    `${count} slow clients, opened over ${OPEN_MS / 1000} s: each begins a head and goes on with it by a byte a second, without end. Beside them ${flags.good} good ones on kept connections, ${flags.perSecond} requests a second together at a steady pace.`,
    table(head, rows),
    goalsTable([
      {
        what: 'p99 of the good clients while the slow ones are there, to before',
        bound: 'at most',
        goal: GOAL_RATIO,
        measured: median(ours.map(({ before, during }) => during.p99 / before.p99)),
        spoilt,
        disturbed,
      },
      {
        what: 'until the last slow client is gone, from its first byte',
        bound: 'at most',
        goal: GOAL_GONE_S,
        measured: ours.length === 0 ? NaN : Math.max(...ours.map(({ slow }) => slow.goneLastMs)) / 1000,
        unit: 's',
        spoilt,
      },
    ]),
    `Medians of ${flags.rounds} rounds (min–max). Every target gives a head ${HEADER_S} s. "During" is from before the first slow client until the last is gone, their opening and their end included. Latency runs from the moment at which a request could have been sent.`,
    bad > 0
      ? `Disturbed: in ${bad} of ${all.length} rounds others took over ${FOREIGN_MAX} of a core, repeats included.`
      : '',
    missing.length > 0 ? `Left out: ${missing.join('; ')}.` : '',
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function problemsOf(list: readonly Round[]): string {
  const errors = list.reduce((sum, { before, during }) => sum + before.errors + during.errors, 0);
  const found = new Set(list.flatMap(({ slow }) => slow.problems));
  const left = Math.max(0, ...list.map(({ slow }) => slow.left));
  const parts = [...found];
  if (errors > 0) parts.push(`${errors} good requests failed`);
  if (left > 0) parts.push(`${left} slow clients were never ended`);
  return parts.join('; ');
}
