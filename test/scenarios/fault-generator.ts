/** Draws what goes wrong in a scenario, and when. */
import type { Chance } from './chance.ts';
import { EVERY, type BackendSketch, type Fault, type PoolSketch, type Scenario } from './scenario.ts';

const FAULTS_MAX = 8;

type Kind = Fault['kind'];
const KINDS: readonly (readonly [Kind, number])[] = [
  ['crash', 6],
  ['flap', 3],
  ['brown-out', 3],
  ['errors', 6],
  ['partition', 2],
  ['pause', 3],
  ['slow-accept', 2],
  ['hang', 3],
  ['truncate', 2],
  ['garbage', 1],
  ['probes-say', 3],
  ['operator', 2],
  ['rumour', 2],
  ['worker-death', 5],
  ['reload', 6],
];

/** What a scenario has more of than others, so that rare things happen often enough. */
export type Flavour = 'plain' | 'outlier' | 'churn' | 'crowded';
const FAVOURITES: Readonly<Record<Flavour, Kind | null>> = {
  plain: null,
  outlier: 'errors',
  churn: 'reload',
  crowded: 'worker-death',
};

/** `silentMs`: how long traffic is silent in the middle, where faults would not be noticed. */
export function drawFaults(chance: Chance, scenario: Scenario, flavour: Flavour, silentMs: number): Fault[] {
  const busyMs = scenario.durationMs - silentMs;
  const at = (share: number): number => {
    const ms = share * busyMs;
    return Math.round(ms < busyMs / 2 ? ms : ms + silentMs);
  };
  const favourite = FAVOURITES[flavour];
  const faults = Array.from({ length: chance.below(FAULTS_MAX + 1) }, () => {
    const kind = favourite !== null && chance.true(0.7) ? favourite : chance.weighted(KINDS);
    // Some last to the end, most are over early enough for the recovery to be seen.
    const from = chance.random() * 0.7;
    const to = Math.min(1, from + chance.log(0.005, 0.6));
    return drawFault(chance, scenario, kind, at(from), at(to));
  });
  return flavour === 'churn' ? churned(chance, scenario, faults) : faults;
}

/** Plans that replace one backend after the other, so that rows change hands, each while something else goes wrong. */
function churned(chance: Chance, { pools }: Scenario, faults: readonly Fault[]): Fault[] {
  const current = new Map(pools.map(({ name, backends }) => [name, backends]));
  let names = 0;
  const inOrder = faults.toSorted((a, b) => beginsMs(a) - beginsMs(b));
  return inOrder.flatMap((fault): Fault[] => {
    if (fault.kind !== 'reload') return [fault];
    const before = current.get(fault.pool)!;
    const replaced = before.with(chance.below(before.length), { id: `c${names++}`, weight: 1, tier: 0 });
    const change = chance.true(0.7) ? { backends: replaced } : fault.change;
    current.set(fault.pool, change.backends ?? before);
    return [{ ...fault, change }, upsetBy(chance, fault)];
  });
}

function beginsMs(fault: Fault): number {
  return 'atMs' in fault ? fault.atMs : fault.fromMs;
}

/** Something that goes wrong while a plan changes, so that requests of the old one are made again under the new. */
function upsetBy(chance: Chance, { pool, atMs }: Extract<Fault, { kind: 'reload' }>): Fault {
  const span = { pool, backend: EVERY, fromMs: Math.max(0, atMs - 300), toMs: atMs + 300 };
  return chance.true(0.5)
    ? { kind: 'errors', ...span, status: 503, share: 0.5, retryAfterMs: 0 }
    : { kind: 'hang', ...span };
}

function drawFault(chance: Chance, scenario: Scenario, kind: Kind, fromMs: number, toMs: number): Fault {
  const pool = chance.oneOf(scenario.pools);
  const everywhere = chance.true(0.15);
  const backend = everywhere ? EVERY : chance.oneOf(pool.backends).id;
  const span = { pool: pool.name, backend, fromMs, toMs };
  const worker = chance.below(scenario.workers);
  switch (kind) {
    case 'flap':
      return { kind, ...span, periodMs: chance.log(50, 5_000) };
    case 'brown-out':
      return { kind, ...span, times: chance.log(2, 40) };
    case 'errors': {
      const share = chance.oneOf([0.15, 0.3, 0.5, 1, 1]);
      return {
        kind,
        ...span,
        status: chance.oneOf([500, 503, 503, 429]),
        share,
        retryAfterMs: chance.oneOf([0, 0, 300]),
      };
    }
    case 'partition':
      return { kind, ...span, worker };
    case 'slow-accept':
      return { kind, ...span, acceptMs: chance.log(5, 3_000) };
    case 'probes-say':
      return { kind, ...span, backend: chance.true(0.5) ? EVERY : backend, ok: chance.true(0.3) };
    case 'operator':
      return { kind, ...span, state: chance.oneOf(['draining', 'maintenance'] as const) };
    case 'worker-death': {
      const noticedMs = chance.oneOf([0, 20, 200, 1_000]);
      const inTrial = chance.true(0.5);
      return {
        kind,
        worker,
        atMs: fromMs,
        noticedMs,
        backMs: chance.between(0, 500),
        locked: chance.true(0.5),
        inTrial,
      };
    }
    case 'reload':
      return { kind, atMs: fromMs, pool: pool.name, change: drawChange(chance, pool) };
    default:
      return { kind, ...span };
  }
}

/** A change that an operator might make. */
function drawChange(chance: Chance, pool: PoolSketch): Partial<PoolSketch> {
  switch (chance.below(9)) {
    case 0:
      return {
        circuit:
          chance.true(0.5) || pool.circuit === null ? null : { ...pool.circuit, windowMs: pool.circuit.windowMs * 2 },
      };
    case 1:
      return {
        retry:
          pool.retry === null ? null : { ...pool.retry, budgetShare: chance.random(), attempts: chance.between(1, 3) },
      };
    case 2:
      return { strategy: chance.oneOf(['round-robin', 'least-connections', 'random', 'two-choices']), params: {} };
    case 3:
      return { limits: { ...pool.limits, inFlight: chance.oneOf([1, 4, 1024]), queue: chance.oneOf([0, 10]) } };
    case 4:
      return { panicThreshold: chance.oneOf([0, 0.5, 1]), hedge: chance.true(0.5) ? null : pool.hedge };
    case 5:
      return { backends: pool.backends.map((backend) => ({ ...backend, tier: chance.below(2) })) };
    default:
      return { backends: drawMembership(chance, pool.backends) };
  }
}

function drawMembership(chance: Chance, backends: readonly BackendSketch[]): BackendSketch[] {
  const kept = backends.filter(() => chance.true(0.7));
  const changed = kept.map((backend) => ({
    ...backend,
    weight: chance.true(0.3) ? chance.oneOf([0, 0.5, 2, 7]) : backend.weight,
    tier: chance.true(0.15) ? 1 - backend.tier : backend.tier,
  }));
  const added = Array.from({ length: chance.below(3) }, (_, at) => ({
    id: `n${chance.below(100)}${at}`,
    weight: 1,
    tier: 0,
  }));
  const all = [...changed, ...added];
  return all.length > 0 ? all : [...backends];
}
