import { table } from '../table.ts';
import { median } from '../statistics.ts';

/** One prediction, and what came of it. Milliseconds. */
export interface Outcome {
  readonly scenario: string;
  readonly seed: number;
  /** In force while traffic was recorded. */
  readonly recorded: string;
  readonly strategy: string;
  readonly predictedMs: number;
  readonly measuredMs: number;
  /** Others used the machine meanwhile. */
  readonly polluted: boolean;
}

/** p99s this close are as good as equal: neither the seeds of a run nor anybody's users tell them apart. */
const SAME = 0.05;

interface Pair {
  readonly scenario: string;
  readonly strategy: string;
  readonly predictedMs: number;
  readonly measuredMs: number;
  readonly runs: number;
  readonly polluted: number;
}

export interface Verdict {
  readonly pairs: number;
  readonly medianError: number;
  readonly ranked: number;
  readonly text: string;
}

export function report(outcomes: readonly Outcome[]): Verdict {
  const pairs = pairsOf(outcomes);
  const base = new Map(
    pairs.filter(({ strategy }) => strategy === outcomes[0]?.recorded).map((one) => [one.scenario, one]),
  );
  const others = pairs.filter(({ strategy }) => strategy !== outcomes[0]?.recorded);
  const errors = others.map((pair) => Math.abs(pair.predictedMs / pair.measuredMs - 1));
  const verdicts = others.map((pair) => isRankedRight(pair, base.get(pair.scenario)));
  const row = (pair: Pair, verdict: string): string[] => [
    `${pair.scenario}, ${pair.strategy}`,
    pair.predictedMs.toFixed(0),
    pair.measuredMs.toFixed(0),
    `${pair.predictedMs >= pair.measuredMs ? '+' : ''}${((pair.predictedMs / pair.measuredMs - 1) * 100).toFixed(0)} %`,
    verdict,
    pair.polluted === 0 ? String(pair.runs) : `${pair.runs}, ${pair.polluted} disturbed`,
  ];
  const rows = pairs.map((pair) => {
    const at = others.indexOf(pair);
    return row(pair, at < 0 ? 'recorded' : verdicts[at] === true ? 'yes' : 'no');
  });
  const ranked = verdicts.filter((right) => right).length;
  const medianError = median(errors);
  const text = [
    table(['scenario, strategy', 'predicted p99 ms', 'measured p99 ms', 'error', 'ranked right', 'runs'], rows),
    `Median error ${(medianError * 100).toFixed(1)} % (goal 10 %); ${ranked} of ${others.length} pairs ranked as measured (goal 18 of 20): better or worse than the strategy under which traffic was recorded, or both within ${SAME * 100} % of it.`,
  ].join('\n\n');
  return { pairs: others.length, medianError, ranked, text };
}

/** The same scenario and strategy over several seeds: medians. */
function pairsOf(outcomes: readonly Outcome[]): Pair[] {
  const groups = new Map<string, Outcome[]>();
  for (const outcome of outcomes) {
    const key = `${outcome.scenario} ${outcome.strategy}`;
    groups.set(key, [...(groups.get(key) ?? []), outcome]);
  }
  return [...groups.values()].map((group) => ({
    scenario: group[0]!.scenario,
    strategy: group[0]!.strategy,
    predictedMs: median(group.map(({ predictedMs }) => predictedMs)),
    measuredMs: median(group.map(({ measuredMs }) => measuredMs)),
    runs: group.length,
    polluted: group.filter(({ polluted }) => polluted).length,
  }));
}

function isRankedRight(pair: Pair, base: Pair | undefined): boolean {
  if (base === undefined) return false;
  const predicted = pair.predictedMs / base.predictedMs - 1;
  const measured = pair.measuredMs / base.measuredMs - 1;
  if (Math.abs(predicted) <= SAME && Math.abs(measured) <= SAME) return true;
  return Math.sign(predicted) === Math.sign(measured);
}
