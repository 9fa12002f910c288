import { FOREIGN_MAX } from '../disturbance.ts';
import { goalsTable, type Goal } from '../goals.ts';
import { median, pairwiseRatio, quantile, spread } from '../statistics.ts';
import { figure, ratioText, spreadText, table } from '../table.ts';
import { CHANGES_PER_SECOND, FLOOD_PER_SECOND, type Part, type Phase } from './phases.ts';
import type { Subject } from './subjects.ts';

const GOAL_CHANGES = 1.2;
const GOAL_ADMIN = 1.1;
const GOAL_OBEYED_MS = 50;
const TITLES: Readonly<Record<Part, string>> = {
  changes: `${CHANGES_PER_SECOND} changes a second`,
  reads: `${FLOOD_PER_SECOND} reads of its figures a second`,
  guesses: `${FLOOD_PER_SECOND} wrong tokens a second`,
};

/** Traffic through `carrier` beside `part`, done at `asked`, round by round. */
export interface Measured {
  readonly carrier: Subject;
  readonly part: Part | null;
  readonly asked: Subject | null;
  readonly phases: Phase[];
}

export interface ControlReport {
  readonly measured: readonly Measured[];
  /** Milliseconds of writes that cannot be lost, with nothing else going on. */
  readonly disk: readonly number[];
  /** Milliseconds of the very first changes after a start. */
  readonly first: readonly number[];
  readonly flags: {
    readonly rounds: number;
    readonly good: number;
    readonly perSecond: number;
    readonly seconds: number;
    readonly workers: number;
    readonly backends: number;
  };
}

export function controlReport({ measured, disk, first, flags }: ControlReport): string {
  const { good, perSecond, backends, workers, seconds, rounds } = flags;
  return [
    `${good} clients on kept connections, ${perSecond} requests a second together at a steady pace, ${backends} backends; all of a proxy on one core: EdgeBalancer with two workers, the peers with one, as they are fastest there. ${seconds} s beside nothing, and ${seconds} s beside what is named, in turn.`,
    table(
      ['traffic through', 'beside', 'p99 ms', 'to nothing', 'to the bystander', 'worst ms', 'CPU ms/s', 'errors'],
      measured.map((one) => rowOf(one, measured, workers)),
    ),
    answersText(measured),
    obeyedText(measured, disk, first),
    goalsTable(goalsOf(measured)),
    `Medians of ${rounds} rounds (min–max); ratios within a round. "At a bystander": the same is done at a second EdgeBalancer on the same core that carries no traffic, so that "to the bystander" is what traffic pays beyond a neighbour that does the same work. Latency runs from the moment at which a request could have been sent. Limits of the admin API are in force.`,
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function rowOf(one: Measured, all: readonly Measured[], workers: number): string[] {
  const { carrier, part, asked, phases } = one;
  const p99 = phases.map(({ traffic }) => traffic.p99);
  const nothing = find(all, carrier, null, null);
  const beside = part === null ? undefined : bystanderOf(all, one);
  const problems = problemsOf(phases);
  return [
    `${carrier.title}${carrier.title === 'EdgeBalancer' && workers !== 2 ? `, ${workers} workers` : ''}`,
    part === null ? 'nothing' : `${TITLES[part]} at ${asked === carrier ? 'itself' : (asked?.title ?? '')}`,
    spreadText(spread(p99)),
    part === null || nothing === undefined ? '-' : ratioText(ratioTo(one, nothing)),
    beside === undefined || asked !== carrier ? '-' : ratioText(ratioTo(one, beside)),
    figure(median(phases.map(({ traffic }) => traffic.worst))),
    figure(median(phases.map(({ cpuMs }) => cpuMs))),
    problems || '0',
  ];
}

function goalsOf(all: readonly Measured[]): Goal[] {
  const goals = (['changes', 'reads', 'guesses'] as const).flatMap((part) => {
    const own = all.find(
      (one) => one.part === part && one.asked === one.carrier && bystanderOf(all, one) !== undefined,
    );
    if (own === undefined) return [];
    const goal = part === 'changes' ? GOAL_CHANGES : GOAL_ADMIN;
    const disturbed = own.phases.every(({ foreign }) => foreign > FOREIGN_MAX);
    const common = { bound: 'at most' as const, goal, spoilt: problemsOf(own.phases) !== '', disturbed };
    const nothing = find(all, own.carrier, null, null);
    const what = `p99 of traffic beside ${TITLES[part]}`;
    return [
      { what: `${what}, to a bystander's`, measured: ratioTo(own, bystanderOf(all, own)).median, ...common },
      { what: `${what}, to beside nothing`, measured: ratioTo(own, nothing).median, ...common },
    ];
  });
  const changes = all.find((one) => one.part === 'changes' && one.asked === one.carrier);
  const obeyed = sortedObeyed(changes);
  if (obeyed.length === 0) return goals;
  return [
    ...goals,
    {
      what: 'from asking for a change until every worker obeys it and it is on the disk, p99',
      bound: 'at most',
      goal: GOAL_OBEYED_MS,
      measured: quantile(obeyed, 0.99),
      unit: 'ms',
      spoilt: problemsOf(changes?.phases ?? []) !== '',
    },
  ];
}

function answersText(all: readonly Measured[]): string {
  const lines = all.flatMap(({ carrier, part, asked, phases }) => {
    if (part === null || part === 'changes') return [];
    const sums = new Map<number, number>();
    for (const { answers } of phases)
      for (const [status, count] of answers) sums.set(status, (sums.get(status) ?? 0) + count);
    const text = [...sums].map(([status, count]) => `${count} ${status === 0 ? 'closed' : `of ${status}`}`).join(', ');
    return [`- ${TITLES[part]} at ${asked === carrier ? carrier.title : (asked?.title ?? '')}: ${text || 'none'}`];
  });
  return lines.length === 0 ? '' : `Answers to the floods, all rounds:\n${lines.join('\n')}`;
}

function obeyedText(all: readonly Measured[], disk: readonly number[], first: readonly number[]): string {
  const lines = all.flatMap((one) => {
    const obeyed = sortedObeyed(one);
    if (obeyed.length === 0 || one.asked === null) return [];
    return [`- ${one.asked.title}: ${obeyed.length} changes, ${timesText(obeyed)}`];
  });
  if (lines.length === 0) return '';
  const times = timesText([...disk].sort((a, b) => a - b));
  return `From asking until obeyed (EdgeBalancer's are on the disk by then, HAProxy's are in memory alone):\n${lines.join('\n')}\n- the disk by itself, one small file written, synced, renamed and its directory synced: ${times}\n- the very first change after a start, not counted above: ${first.map((ms) => `${figure(ms)} ms`).join(', ')}`;
}

function timesText(sorted: readonly number[]): string {
  return `median ${figure(quantile(sorted, 0.5))} ms, p99 ${figure(quantile(sorted, 0.99))} ms, at most ${figure(sorted.at(-1) ?? NaN)} ms`;
}

function sortedObeyed(one: Measured | undefined): number[] {
  if (one?.part !== 'changes') return [];
  return one.phases.flatMap(({ obeyedMs }) => obeyedMs).sort((a, b) => a - b);
}

function ratioTo(one: Measured, base: Measured | undefined): ReturnType<typeof spread> {
  const p99 = ({ phases }: Measured): number[] => phases.map(({ traffic }) => traffic.p99);
  return pairwiseRatio(p99(one), base === undefined ? [] : p99(base));
}

function find(
  all: readonly Measured[],
  carrier: Subject,
  part: Part | null,
  asked: Subject | null,
): Measured | undefined {
  return all.find((one) => one.carrier === carrier && one.part === part && one.asked === asked);
}

/** The same, done elsewhere. */
function bystanderOf(all: readonly Measured[], { carrier, part }: Measured): Measured | undefined {
  return all.find((one) => one.carrier === carrier && one.part === part && one.asked !== null && one.asked !== carrier);
}

function problemsOf(phases: readonly Phase[]): string {
  const errors = phases.reduce((sum, { traffic }) => sum + traffic.errors, 0);
  const parts = [...new Set(phases.flatMap(({ problems }) => problems))].slice(0, 3);
  if (errors > 0) parts.push(`${errors} requests failed`);
  return parts.join('; ');
}
