/**
 * How often each rare thing happened. One that never does after thousands of scenarios is a hole in the generator: what is
 * not reached is not tested.
 */
export const COVERED = [
  'attempts',
  'successes',
  'failures',
  'open: streak',
  'open: ratio',
  'open: outlier',
  'open: elsewhere',
  'open: trial failed',
  'half-open: due',
  'half-open: trial lost',
  'closed: recovered',
  'trial cancelled',
  'trial more than one',
  'held: last',
  'held: max open',
  'opening left to the next',
  'late result',
  'panic began',
  'panic ended',
  'panic pick',
  'last resort',
  'unprobed pick',
  'keyed trial',
  'unsafe trial',
  'tier above 0',
  'pick narrowed',
  'retries',
  'retry elsewhere',
  'retry where it was',
  'retry in another tier',
  'retry unsent',
  'retry refused: unsafe',
  'retry refused: deadline',
  'retry refused: budget',
  'retry refused: attempts',
  'retry not made',
  'retry-after obeyed',
  'hedges',
  'hedge won',
  'hedge lost',
  'hedge refused: budget',
  'hedge refused: no backend',
  'loser drained',
  'refused: no backend',
  'refused: all full',
  'refused: all open',
  'line: waited',
  'line: over',
  'line: full',
  'client left',
  'answer cut',
  'deadline met',
  'worker deaths',
  'died with attempts',
  'died with a trial',
  'died with the lock',
  'died with a line',
  'reloads',
  'reload refused',
  'retry under an old plan',
  'strategy superseded',
  'slot reused',
  'backend removed in flight',
  'operator',
  'probe down',
  'probe back',
  'slow start',
  'clock wrapped',
  'silent hour',
  'long answers',
  'recovery awaited',
  'limit passed',
  'limit refused',
  'limit evicted',
] as const;
export type Covered = (typeof COVERED)[number];

export class Coverage {
  readonly counts = new Map<Covered, number>(COVERED.map((name) => [name, 0]));
  readonly strategies = new Map<string, number>();

  hit(name: Covered): void {
    this.counts.set(name, (this.counts.get(name) as number) + 1);
  }

  uses(strategy: string): void {
    this.strategies.set(strategy, (this.strategies.get(strategy) ?? 0) + 1);
  }

  of(name: Covered): number {
    return this.counts.get(name) as number;
  }

  add(other: Coverage): void {
    for (const [name, count] of other.counts) this.counts.set(name, (this.counts.get(name) as number) + count);
    for (const [name, count] of other.strategies) this.strategies.set(name, (this.strategies.get(name) ?? 0) + count);
  }

  /** What never happened. */
  get missing(): readonly Covered[] {
    return COVERED.filter((name) => this.counts.get(name) === 0);
  }
}
