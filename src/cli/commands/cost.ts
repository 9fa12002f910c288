/** `cost` and `cost refresh`. */
import type { Command } from 'commander';
import type { CostOptions, RefreshCommandOptions } from '../cost.ts';
import { admin, amount, json, refuseUnknown, type Declare } from './declaration.ts';
import { examples } from './examples.ts';

export const cost: Declare = (program, { io, end }) => {
  const command = admin(program.command('cost'))
    .option('--config <file>', 'estimate from this configuration alone, without a running EdgeBalancer')
    .option('--region <name>', 'suppose another region')
    .option('--tasks <number>', 'suppose so many tasks', amount)
    .option('--vcpu <number>', 'suppose tasks of so many vCPU', amount)
    .option('--memory <GiB>', 'suppose tasks of so much memory', amount)
    .option('--requests <number>', 'suppose so many requests a month', amount)
    .description('what the deployment costs in a month, line by line')
    .allowExcessArguments()
    .action(async ({ memory, ...options }: CostOptions & { memory?: number }, self: Command) => {
      refuseUnknown(self);
      const supposed = memory === undefined ? options : { ...options, memoryGiB: memory };
      await end((await import('../cost.ts')).cost(supposed, io));
    });
  examples(command, 'cost', 'cost --tasks 4 --vcpu 1 --memory 2', 'cost --config edgebalancer.yaml --requests 1e8');
  const refresh = json(command.command('refresh'))
    .option('--region <name>', 'whose prices (default: of the configuration, else AWS_REGION, else us-east-1)')
    .option('--config <file>', 'take region and state directory from it')
    .option('--state <directory>', 'where prices.json is written (default: .edgebalancer)')
    .option('--public', 'from the public price files, even with credentials')
    .description("ask AWS for today's prices")
    .action(async (_: unknown, self: Command) => {
      await end((await import('../cost.ts')).costRefresh(self.optsWithGlobals<RefreshCommandOptions>(), io));
    });
  examples(refresh, 'cost refresh --region eu-west-1');
};
