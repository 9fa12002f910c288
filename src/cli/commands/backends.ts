/** `backends` and the commands below it. */
import type { Command } from 'commander';
import type { AddOptions, BackendPatch, BackendsOptions } from '../backends.ts';
import type { ChangeOptions } from '../change.ts';
import {
  amount,
  change,
  reading,
  refuseUnknown,
  watchable,
  watched,
  whole,
  type Declare,
  type Setting,
} from './declaration.ts';
import { examples } from './examples.ts';

export const backends: Declare = (program, setting) => {
  const { io, end } = setting;
  const command = watchable(reading(program.command('backends')))
    .description('a table of the backends and how they are; add, change and remove them')
    .allowExcessArguments()
    .action(async (options: Omit<BackendsOptions, 'watch'> & { watch?: number | true }, self: Command) => {
      refuseUnknown(self);
      const { watch, ...rest } = options;
      await end((await import('../backends.ts')).backends({ ...rest, ...watched(watch) }, io));
    });
  examples(command, 'backends', 'backends --watch 5', 'backends drain app a', 'backends weight app a 3 --yes');
  declareAdd(command, setting);
  declareRemove(command, setting);
  declareWeight(command, setting);
  declareState(command, setting, 'drain', 'draining', 'give a backend no new requests; what it has begun ends');
  declareState(command, setting, 'maintenance', 'maintenance', 'as drain, and say that people are at work on it');
  declareState(command, setting, 'activate', 'active', 'bring a backend back');
};

function declareAdd(parent: Command, { io, end }: Setting): void {
  const command = change(parent.command('add'))
    .argument('<pool>', 'name of the pool')
    .argument('<url>', 'http://host:port or unix:/path')
    .option('--id <id>', 'its name (default: from its URL)')
    .option('--weight <number>', 'its share among the backends of its tier (default: 1)', amount)
    .option('--tier <number>', 'lower tiers serve first (default: 0)', whole)
    .description('add a backend to a pool')
    .action(async (pool: string, url: string, _: unknown, self: Command) => {
      await end((await import('../backends.ts')).addBackend(pool, url, self.optsWithGlobals<AddOptions>(), io));
    });
  examples(command, 'backends add app http://10.0.0.7:3000 --id c --weight 2');
}

function declareRemove(parent: Command, { io, end }: Setting): void {
  const command = change(parent.command('remove'))
    .argument('<pool>', 'name of the pool')
    .argument('<id>', 'of the backend')
    .description('remove a backend; what it has begun ends')
    .action(async (pool: string, id: string, _: unknown, self: Command) => {
      await end((await import('../backends.ts')).removeBackend(pool, id, self.optsWithGlobals<ChangeOptions>(), io));
    });
  examples(command, 'backends remove app c');
}

function declareWeight(parent: Command, { io, end }: Setting): void {
  const command = change(parent.command('weight'))
    .argument('<pool>', 'name of the pool')
    .argument('<id>', 'of the backend')
    .argument('<number>', 'its share among the backends of its tier', amount)
    .description('set the weight of a backend')
    .action(async (pool: string, id: string, weight: number, _: unknown, self: Command) => {
      const options = self.optsWithGlobals<ChangeOptions>();
      await end((await import('../backends.ts')).patchBackend(pool, id, { weight }, options, io));
    });
  examples(command, 'backends weight app a 3');
}

type State = Extract<BackendPatch, { readonly state: unknown }>['state'];

function declareState(parent: Command, { io, end }: Setting, name: string, state: State, says: string): void {
  const command = change(parent.command(name))
    .argument('<pool>', 'name of the pool')
    .argument('<id>', 'of the backend')
    .description(says)
    .action(async (pool: string, id: string, _: unknown, self: Command) => {
      const options = self.optsWithGlobals<ChangeOptions>();
      await end((await import('../backends.ts')).patchBackend(pool, id, { state }, options, io));
    });
  examples(command, `backends ${name} app a`);
}
