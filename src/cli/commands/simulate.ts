/** `simulate`. */
import { InvalidArgumentError } from 'commander';
import type { SimulateOptions } from '../simulate.ts';
import { admin, amount, whole, type Declare } from './declaration.ts';
import { examples } from './examples.ts';

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

export const simulate: Declare = (program, { io, end }) => {
  const command = admin(program.command('simulate'))
    .option('--pool <name>', 'the pool; the only one when left out')
    .option('--strategy <name>', 'with another strategy, or with `all` of them; may be repeated', collect)
    .option('--rate <rate>', 'at twice the rate: `x2`; or at so many requests a second: `500`', collect)
    .option('--without <backend>', 'without a backend; may be repeated', collect)
    .option('--weight <backend=weight>', 'with another weight; may be repeated', collect)
    .option('--slow <backend=times>', 'with a backend so many times slower; may be repeated', collect)
    .option('--hedge [after]', 'with hedging, after p95 unless it says p50, p90, p99 or milliseconds')
    .option(
      '--service <times>',
      'how long backends work: `25ms` on average, `constant:25ms`, `lognormal:25ms:1.3`, `bimodal:12ms:280ms:5%`; of one backend: `a=…`',
      collect,
    ) // prettier-ignore
    .option('--concurrency <number>', 'requests that a backend works on side by side; of one: `a=…`', collect)
    .option(
      '--config <file>',
      'a pool of this configuration, not of a running EdgeBalancer; needs --rate and --service',
    )
    .option('--from <file>', 'a model that --save has written')
    .option('--save <file>', 'write the model, as it is now, to a file')
    .option('--seeds <number>', 'runs of each (default: 5)', seedsOf)
    .option('--seconds <number>', 'simulated time that counts (default: what gives some 20,000 requests)', amount)
    .description('what would happen if: a pool as it is, and as it might be')
    .action(async (options: SimulateOptions) => {
      await end((await import('../simulate.ts')).simulate(options, io));
    });
  examples(
    command,
    'simulate --strategy all',
    'simulate --pool app --without a --rate x2',
    'simulate --config edgebalancer.yaml --rate 500 --service 25ms --concurrency 8 --slow a=3 --strategy all',
  );
};

function seedsOf(text: string): number {
  const seeds = whole(text);
  if (seeds < 5 || seeds > 30) throw new InvalidArgumentError('It must be from 5 to 30.');
  return seeds;
}
