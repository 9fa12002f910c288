/** `replicas`. */
import type { ReplicasOptions } from '../replicas.ts';
import { admin, watchable, watched, type Declare } from './declaration.ts';
import { examples } from './examples.ts';

export const replicas: Declare = (program, { io, end }) => {
  const command = watchable(admin(program.command('replicas')))
    .description('the replicas that share state: load and state of each, and what any of them keeps out')
    .action(async (options: Omit<ReplicasOptions, 'watch'> & { watch?: number | true }) => {
      const { watch, ...rest } = options;
      await end((await import('../replicas.ts')).replicas({ ...rest, ...watched(watch) }, io));
    });
  examples(command, 'replicas', 'replicas --watch', 'backends --replica edgebalancer-7d9f-x2x4k');
};
