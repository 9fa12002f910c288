/** Strategies: the one of each pool, all there are, and switching. */
import { z } from 'zod';
import type { StrategyAnswer, StrategyInForce, StrategyKey } from '#contract/admin.ts';
import type { StrategyChangeAnswer } from '#contract/control.ts';
import type { KeyPlan, StrategyPlan } from '#core/plan.ts';
import { STRATEGIES, strategyByName } from '#core/strategies/index.ts';
import { userPools } from '#observe/observed.ts';
import { setStrategy } from '../config/edits.ts';
import { DEFAULT_KEY, readStrategy } from '../config/schema-strategy.ts';
import { json } from './answer.ts';
import { strategyAnswer } from './answers.ts';
import { strategyChangeAnswer } from './answers-control.ts';
import { call, type AnyCall, type Api } from './call.ts';
import { CHANGE_GIVES, makeChange } from './change.ts';
import { changeQuery, poolName } from './fields.ts';

const settings = z.looseObject({
  name: z.string().min(1).max(100),
  params: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])).exactOptional(),
});

const strategyChange = z.strictObject({
  pool: poolName,
  strategy: z
    .union([z.string().min(1).max(100), settings], {
      error: 'expected a name such as `round-robin`, or `{ name, on, …parameters }`',
    })
    .meta({
      description: 'A name, or a mapping of `name`, what it hashes (`on`) and its parameters, there or in `params`',
    }),
});

export const STRATEGY_CALLS: readonly AnyCall[] = [
  call({
    method: 'GET',
    path: '/admin/strategy',
    id: 'getStrategies',
    tag: 'Strategies',
    summary: 'The strategy of each pool, and all there are with their parameters',
    access: 'read',
    gives: { 200: { says: 'The strategies', schema: strategyAnswer } },
    run: ({ api }) => json(strategies(api)),
  }),
  call({
    method: 'PUT',
    path: '/admin/strategy',
    id: 'setStrategy',
    tag: 'Strategies',
    summary: 'Gives a pool another strategy, or other parameters',
    access: 'operate',
    versioned: true,
    query: changeQuery,
    body: strategyChange,
    gives: { ...CHANGE_GIVES, 200: { says: 'Done, or what would be done', schema: strategyChangeAnswer } },
    run: async (asked) => {
      const { pool } = asked.body;
      const strategy = flat(asked.body.strategy);
      const answer = await makeChange(asked, {
        summary: `strategy of ${pool}: ${strategy.name}`,
        edit: (document) => setStrategy(document, pool, strategy),
      });
      if (answer.status !== 200) return answer;
      const change = JSON.parse(answer.body as string) as ChangeFields;
      return json(
        { ...change, pool, strategy: defaulted(strategy) } satisfies StrategyChangeAnswer,
        200,
        answer.headers,
      );
    },
  }),
];

type ChangeFields = Omit<StrategyChangeAnswer, 'pool' | 'strategy'>;
type Strategy = { readonly name: string } & Readonly<Record<string, unknown>>;

/** As the configuration writes it: parameters beside the name. */
function flat(given: string | z.output<typeof settings>): Strategy {
  if (typeof given === 'string') return { name: given };
  const { params, ...rest } = given;
  return { ...rest, ...params };
}

/** Every parameter that the strategy declares, as it will be in force, and what it hashes. */
function defaulted(strategy: Strategy): StrategyInForce {
  const reading = readStrategy(strategy);
  // What cannot be read was refused before.
  if (!('value' in reading)) return { name: strategy.name, params: {} };
  return inForce(reading.value);
}

function inForce({ name, params, key }: StrategyPlan): StrategyInForce {
  const hashes = strategyByName(name)?.key !== null;
  return { name, params, ...(hashes && { on: written(key) }) };
}

/** As the configuration writes it. */
function written(key: KeyPlan): StrategyKey {
  return 'name' in key ? { [key.from]: key.name } : key.from;
}

function strategies(api: Api): StrategyAnswer {
  const { plan } = api.ports.view.observed();
  return {
    pools: Object.fromEntries(userPools(plan).map(({ name, strategy }) => [name, inForce(strategy)])),
    available: STRATEGIES.map(({ name, summary, bestWhen, params, key }) => ({
      name,
      summary,
      bestWhen,
      params,
      ...(key !== null && { on: written(DEFAULT_KEY) }),
    })),
  };
}
