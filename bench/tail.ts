import { setTimeout as delay } from 'node:timers/promises';
import { readFlags, wanted } from './support/flags.ts';
import { goalsTable, type Goal } from './support/goals.ts';
import { publish } from './support/results.ts';
import { median, pairwiseRatio, rotated, spread, type Spread } from './support/statistics.ts';
import { figure, ratioText, spreadText, table } from './support/table.ts';
import { SCENARIOS, type Scenario } from './support/tail/scenarios.ts';
import { BASE, TAIL_PEERS, USUAL } from './support/tail/targets.ts';
import { TestBed, type Measured } from './support/tail/test-bed.ts';
import { startTargets, type Target } from './support/target.ts';

/** How long the slowest requests take under eight kinds of trouble, beside HAProxy leastconn and nginx least_conn. */

const WARMUP = { seconds: 2, perSecond: 300 };
const BETWEEN_RUNS_MS = 500;
const FIRST_SEED = 1000;

const flags = readFlags(
  'tail latency under an open-loop load, beside peers',
  { rounds: 3, seconds: 20, repeats: 2, scenarios: [], targets: USUAL, independent: false },
  { rounds: 1, seconds: 6, repeats: 1 },
);
const scenarios = SCENARIOS.filter((scenario) => wanted(flags.scenarios, scenario.id));
const bed = await TestBed.start();
const peers = TAIL_PEERS.filter((peer) => wanted(flags.targets, peer.id));
const { targets, missing } = await startTargets(peers, { backends: bed.backends, core: null });
/** By scenario, then by target, one a round. */
const results = new Map<string, Map<string, Measured[]>>(
  scenarios.map((scenario) => [scenario.id, new Map(targets.map((target) => [target.id, []]))]),
);
for (const target of targets) {
  const warmup = { scenario: 'homog', seed: 1, seconds: WARMUP.seconds, independent: false };
  await bed.measure(warmup, target.port, WARMUP.perSecond);
}
for (let round = 0; round < flags.rounds; round++) {
  for (const scenario of scenarios) {
    for (const target of rotated(targets, round)) await measure(scenario, target, round);
  }
}
const parts = [...scenarios.map(scenarioReport), goals(), notes()];
const [section, title] = sectionOf();
publish(section, title, parts.filter((part) => part !== '').join('\n\n'), flags.write, 'tail');
process.exit(0);

/** Runs that answer a question of their own have a section of their own. */
function sectionOf(): [string, string] {
  if (flags.independent) return ['hedge', 'how long the slowest requests take when slow ones are asked twice'];
  if (scenarios.length === 1 && scenarios[0]!.id === 'fail')
    return ['fail', 'a backend that answers 500 at once, with and without retries'];
  return ['tail', 'how long the slowest requests take'];
}

/** One run; a polluted one is repeated, a few times at most, and the least disturbed kept. */
async function measure(scenario: Scenario, target: Target, round: number): Promise<void> {
  const run = {
    scenario: scenario.id,
    seed: FIRST_SEED + round,
    seconds: flags.seconds,
    independent: flags.independent,
  };
  let best: Measured | null = null;
  for (let attempt = 0; attempt <= flags.repeats && (best === null || best.polluted); attempt++) {
    await delay(BETWEEN_RUNS_MS);
    const result = await bed.measure(run, target.port);
    const quality = `${(result.lateShare * 100).toFixed(1)} % late, ${result.meanLatenessMs.toFixed(2)} ms in the mean`;
    console.error(
      `round ${round + 1}, ${scenario.id}, ${target.title}: p99 ${figure(result.p99)} ms` +
        `, errors ${(result.errorShare * 100).toFixed(2)} % (${quality}${result.polluted ? ', polluted' : ''})`,
    );
    if (result.errorShare === 1) throw new Error(`${target.title} answered nothing well: does it still run?`);
    if (best === null || result.lateShare < best.lateShare) best = result;
  }
  results.get(scenario.id)!.get(target.id)!.push(best!);
}

function usable(list: readonly Measured[]): readonly Measured[] {
  const clean = list.filter((result) => !result.polluted);
  return clean.length > 0 ? clean : list;
}

/** Rounds in which both the target and HAProxy leastconn were clean. */
function cleanRounds(scenario: string, id: string): Set<number> {
  const base = results.get(scenario)!.get(BASE) ?? [];
  const list = results.get(scenario)!.get(id) ?? [];
  return new Set(list.keys().filter((round) => !list[round]!.polluted && base[round]?.polluted === false));
}

/** A target's figure over HAProxy leastconn's, in clean rounds, or in all when there is none. */
function ratioToBase(scenario: string, id: string, pick: (result: Measured) => number): Spread {
  const rounds = cleanRounds(scenario, id);
  const counts = (_: Measured, round: number) => rounds.size === 0 || rounds.has(round);
  const of = (target: string) => (results.get(scenario)!.get(target) ?? []).filter(counts).map(pick);
  return pairwiseRatio(of(id), of(BASE));
}

function scenarioReport(scenario: Scenario): string {
  const byTarget = results.get(scenario.id)!;
  const rows = targets.map((target) => {
    const list = byTarget.get(target.id)!;
    const useful = usable(list);
    const of = (pick: (result: Measured) => number) => figure(median(useful.map(pick)));
    const ratio = (pick: (result: Measured) => number) => ratioToBase(scenario.id, target.id, pick);
    const clean = list.filter((result) => !result.polluted).length;
    return [
      `${target.title}${clean === 0 ? ' *' : ''}`,
      of((result) => result.p50),
      of((result) => result.p95),
      spreadText(spread(useful.map((result) => result.p99))),
      spreadText(spread(useful.map((result) => result.p999))),
      ratioText(ratio((result) => result.p99)),
      ratioText(ratio((result) => result.p999)),
      (median(useful.map((result) => result.errorShare)) * 100).toFixed(2),
      sharesText(useful),
      `${clean}/${list.length}`,
    ];
  });
  const head = [
    'target',
    'p50',
    'p95',
    'p99 ms',
    'p99.9 ms',
    'p99 ratio',
    'p99.9 ratio',
    'errors %',
    'share of each backend %',
  ];
  const title = `### ${scenario.id}: ${scenario.title}, ${scenario.perSecond}/s`;
  return `${title}\n\n${table([...head, 'clean runs'], rows)}`;
}

function sharesText(list: readonly Measured[]): string {
  return list[0]!.shares.map((_, at) => figure(median(list.map((result) => result.shares[at]! * 100)), 2)).join(' ');
}

function goals(): string {
  const goal = (
    scenario: string,
    id: string,
    name: string,
    wanted: number,
    pick: (result: Measured) => number,
  ): Goal => ({
    what: `${scenario}: ${name} of ${id} to HAProxy leastconn`,
    bound: 'at most',
    goal: wanted,
    measured: ratioToBase(scenario, id, pick).median,
    // In fail a backend answers 500; anywhere else errors are a fault of ours, and their times say nothing.
    spoilt: scenario !== 'fail' && (results.get(scenario)!.get(id) ?? []).some(({ errorShare }) => errorShare > 0.01),
    disturbed: cleanRounds(scenario, id).size === 0,
  });
  const tails = scenarios.flatMap((scenario) => {
    const { id, hedged } = scenario;
    if (!flags.independent) return [goal(id, 'adaptive', 'p99', scenario.goal, (result) => result.p99)];
    if (hedged === undefined) return [];
    const p99 = goal(id, 'adaptive-hedge', 'p99', hedged.p99, (result) => result.p99);
    if (hedged.p999 === undefined) return [p99];
    return [p99, goal(id, 'adaptive-hedge', 'p99.9', hedged.p999, (result) => result.p999)];
  });
  return goalsTable([...tails, ...errorGoals(), starvation()]);
}

/**
 * How many answers may be errors while one backend answers 500: the most of all clean rounds. On a busy machine requests
 * bunch up, and more of them are at the failing backend before its first answer is read.
 */
function errorGoals(): Goal[] {
  const goal = (id: string, wanted: number): Goal => {
    const list = results.get('fail')?.get(id) ?? [];
    const measured = list.length === 0 ? NaN : Math.max(...usable(list).map((result) => result.errorShare * 100));
    const disturbed = list.every((result) => result.polluted);
    return { what: `fail: errors of ${id}`, bound: 'at most', goal: wanted, measured, unit: '%', disturbed };
  };
  return [goal('adaptive-no-retry', 0.2), goal('adaptive-retry-500', 0)];
}

/** Shares count final answers: a backend whose 500s are all retried elsewhere rightly has none. */
function starvation(): Goal {
  const ours = targets.filter((target) => target.title.startsWith('EdgeBalancer'));
  const runs = [...results].flatMap(([scenario, byTarget]) =>
    ours.flatMap((target) =>
      byTarget.get(target.id)!.map(({ shares }) => (scenario === 'fail' ? shares.slice(1) : shares)),
    ),
  );
  const starved = runs.filter((shares) => shares.some((share) => share === 0)).length;
  const what = `runs of EdgeBalancer, of ${runs.length}, in which a backend got nothing`;
  return { what, bound: 'at most', goal: 0, measured: runs.length === 0 ? NaN : starved };
}

function notes(): string {
  const lines = [
    `Medians of ${flags.rounds} rounds of ${flags.seconds} s (min–max); in a round every target gets the same arrivals and ${flags.independent ? 'work drawn from the same distribution, anew by each backend' : 'the same work'}. Ratios are to HAProxy leastconn within each round.`,
    `Latency runs from the intended arrival, in milliseconds, successes only; in brown and fail only requests of the window of trouble count. A run with more than 2 % of arrivals or answers over 5 ms late is polluted: repeated up to ${flags.repeats} times, then left out (*: no clean run).`,
  ];
  if (missing.length > 0) lines.push(`Left out: ${missing.join('; ')}.`);
  return lines.join('\n');
}
