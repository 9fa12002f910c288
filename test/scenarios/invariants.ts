/**
 * What must hold at every step of every run, whatever fails. Each has a name, by which a failure is reported, shrunk and
 * told from others; where it is looked at is said with it.
 */
export const INVARIANTS = {
  // Picks: watch-picks.ts, at every pick, against the rules as written down again there.
  'picks-members': 'a pick is a backend of the pool',
  'obeys-operators': 'what is drained, in maintenance or of weight 0 is never picked',
  'avoids-ineligible':
    'outside panic and last resorts only well backends with closed circuits are picked, or due trials',
  'lowest-tier': 'a higher tier is used only when no untried one of a lower tier can be',
  'spares-full': 'nothing is picked that has all the requests in flight that it may have',
  'prefers-untried': 'an exchange goes where it has been only when no eligible one with room is left untried',
  'panics-below-threshold':
    'a pool panics exactly while fewer than its threshold are eligible and circuits keep some out',
  'last-resort-answers': 'what probes call down is used only while it answers requests',
  'refuses-with-reason': 'a pick is refused only when there is none, and for the reason that is given',
  'asks-strategies-well': 'a strategy is asked for candidates that it was given, and answers with one of them',

  // Circuits: watch-circuits.ts, at every pick and every end of an attempt.
  'circuits-decodable': 'a word is a state with counts that the plan allows',
  'circuits-change-by-rule': 'a word changes only as its state and what happened allow',
  'generations-move': 'the generation moves by one with each change of state, and only then',
  'late-results-count-nothing': 'the end of an attempt of an older generation changes nothing',
  'trials-bounded':
    'a generation of a half-open circuit has at most as many trials as the plan allows, counted exactly',
  'max-open': 'no circuit is opened beyond max(1, maxOpen of the members)',
  'last-one-stays': 'no circuit is opened while no other backend is eligible',
  'opens-when-due': 'as many failures in a row as the plan says open a circuit, at once, the second time as the first',
  'opens-for-cause': 'a circuit opens for a cause that the attempts of the window bear out',
  'opens-long-enough': 'no trial goes through before the open time is over, and the time doubles as planned',
  'streaks-exact': 'failures in a row are counted exactly, over all workers',
  'events-match': 'each change of a circuit is told of once, with its cause, and nothing else is',
  'events-arrive': 'the supervisor hears of every event, in order',

  // Exchanges: watch-exchanges.ts.
  'counts-in-flight': 'what is in flight is what has begun and not ended, by worker and in all, at every step',
  'counts-return': 'nothing is in flight or in line in the end',
  'ends-once': 'an exchange ends, and once',
  'deadline-kept': 'no attempt begins, and no answer does, after the total time',
  'retries-safe': 'nothing is sent again that might have been carried out and may not be twice',
  'retries-counted': 'no more retries of one exchange than the plan allows',
  'retry-budget': 'retries never exceed the budget, over any stretch of time, all workers together',
  'hedge-budget': 'hedges never exceed their budget',
  'hedges-elsewhere': 'a hedge goes to a backend that the exchange has not been at',
  'losers-counted': 'a copy that lost stays in flight until its answer has ended',
  'blames-fairly': 'a backend that was well all the time is not said to have failed',
  'queue-bounded': 'no more requests wait than the plan allows',

  // Repairs and probes: watch-circuits.ts, watch.ts.
  'lock-freed': 'the lock of circuits is held by nobody for long, not even by the dead',
  'probes-by-threshold':
    'probes take a backend out after as many failures in a row as planned, and bring it back likewise',

  // Rate limits: limit-twin.ts.
  'rate-exact': 'a rate limit lets through its burst and its rate, over all workers, and refuses nothing else',

  // Patience: watch-patience.ts.
  'none-starves': 'a backend that can serve gets requests, while there are enough',
  recovers: 'a backend that is fine again is used again, soon',

  // Anything else.
  'nothing-thrown': 'policy does not throw',
  'comes-to-rest': 'a run ends',
} as const;
export type InvariantName = keyof typeof INVARIANTS;

export class Violation extends Error {
  readonly invariant: InvariantName;
  readonly detail: string;

  constructor(invariant: InvariantName, detail: string) {
    super(`${invariant} (${INVARIANTS[invariant]}): ${detail}`);
    this.invariant = invariant;
    this.detail = detail;
  }
}

export function ensure(held: boolean, invariant: InvariantName, detail: () => string): void {
  if (!held) throw new Violation(invariant, detail());
}
