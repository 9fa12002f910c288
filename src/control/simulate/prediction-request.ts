/** From a question about a running pool to the simulator's: its model, its changes, and back to an answer. */
import type { SimulateAnswer, SimulatedChange, SimulationBasis, WhatIf } from '#contract/simulate.ts';
import type { HistoryPort } from '../admin/ports.ts';
import type { ConfigDocument } from '../config/document.ts';
import { suggestion } from '../config/nearest.ts';
import { userPools, type Observed } from '#observe/observed.ts';
import { ModelError } from '#simulator/model-error.ts';
import type { WhatIfQuestion } from '#simulator/what-if.ts';
import { configChange } from './config-change.ts';
import { plannedPool, type PlannedPool } from './pool-settings.ts';
import { RATES_SPAN_MS, trafficFigures, type Assumed } from './traffic-figures.ts';

/** A change of the model, or of the configuration: a part of the pool's section as it would be written there. */
export type AskedChange =
  SimulatedChange | { readonly kind: 'config'; readonly patch: Readonly<Record<string, unknown>> };

export interface PredictionRequest {
  /** The only one when left out. */
  readonly pool?: string | undefined;
  readonly changes?: readonly AskedChange[] | undefined;
  readonly compare?: readonly { readonly name: string; readonly changes: readonly AskedChange[] }[] | undefined;
  readonly seeds?: number | undefined;
  readonly seconds?: number | undefined;
  readonly assume?: Assumed | undefined;
}

export interface PredictionFacts {
  readonly observed: Observed;
  readonly history: Pick<HistoryPort, 'between'>;
  readonly document: () => ConfigDocument;
  readonly wallMs: number;
}

export interface Prepared {
  readonly question: WhatIfQuestion;
  readonly basis: SimulationBasis;
  /** The simulator's answer, as the API gives it. */
  readonly answer: (found: WhatIf) => SimulateAnswer;
}

const THEN = 'then';

/** Throws `ModelError`, `NoFigures` or `Invalid`; each says what would be right. */
export function prepare(request: PredictionRequest, facts: PredictionFacts): Prepared {
  const { observed, history, wallMs } = facts;
  const planned = poolOf(observed, request.pool);
  const { name } = planned.pool;
  const past = history.between(wallMs - RATES_SPAN_MS, wallMs, 1);
  const { model, from, limits } = trafficFigures(observed, planned, past, wallMs, request.assume);
  const read = (changes: readonly AskedChange[]): SimulatedChange[] =>
    changes.map((change) => (change.kind === 'config' ? configChange(facts.document(), name, change.patch) : change));
  const { changes, compare = [], seeds, seconds } = request;
  const alternatives = [
    ...(changes === undefined ? [] : [{ name: THEN, changes: read(changes) }]),
    ...compare.map((one) => ({ name: one.name, changes: read(one.changes) })),
  ];
  const basis: SimulationBasis = { from, limits, model };
  return {
    basis,
    question: {
      model,
      alternatives,
      ...(seeds !== undefined && { seeds }),
      ...(seconds !== undefined && { countedMs: seconds * 1000 }),
    },
    answer: (found) => ({
      pool: name,
      basis,
      now: found.now,
      then: changes === undefined ? null : (found.alternatives[0] ?? null),
      alternatives: changes === undefined ? found.alternatives : found.alternatives.slice(1),
      method: found.method,
    }),
  };
}

function poolOf({ plan }: Observed, name: string | undefined): PlannedPool {
  const names = userPools(plan).map((pool) => pool.name);
  const [only] = names;
  const wanted = name ?? (names.length === 1 ? only : undefined);
  if (wanted === undefined) throw new ModelError('pool', `expected one of ${names.join(', ')}`);
  const planned = names.includes(wanted) ? plannedPool(plan, wanted) : null;
  if (planned === null) throw new ModelError('pool', `there is no pool \`${wanted}\`${suggestion(wanted, names)}`);
  return planned;
}
