/** `strategy`. */
import type { StrategyOptions } from '../strategy.ts';
import { change, type Declare } from './declaration.ts';
import { examples } from './examples.ts';

export const strategy: Declare = (program, { io, end }) => {
  const command = change(program.command('strategy'))
    .argument('[pool]', 'name of the pool')
    .argument('[name]', 'the strategy that the pool is to have')
    .option('--set <key=value...>', 'parameters; those that are left out have their defaults')
    .description('the strategies, and those of the pools; switch one')
    .action(async (pool: string | undefined, name: string | undefined, options: StrategyOptions) => {
      await end((await import('../strategy.ts')).strategy(pool, name, options, io));
    });
  examples(
    command,
    'strategy',
    'strategy app',
    'strategy app least-connections',
    'strategy app consistent-hash --set on=header:x-user',
    'strategy app --set on=client-ip',
  );
};
