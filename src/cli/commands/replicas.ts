/** `replicas`. */
import type { ReplicasOptions } from '../replicas.ts';
import { admin, seconds, type Declare } from './declaration.ts';
import { examples } from './examples.ts';

const WATCH_S_DEFAULT = 2;

export const replicas: Declare = (program, { io, end }) => {
  const command = admin(program.command('replicas'))
    .option('--watch [seconds]', `again and again, every ${WATCH_S_DEFAULT} seconds unless given`, seconds)
    .description('the replicas that share state: load and state of each, and what any of them keeps out')
    .action(async (options: Omit<ReplicasOptions, 'watch'> & { watch?: number | true }) => {
      const { watch, ...rest } = options;
      const every = watch === true ? WATCH_S_DEFAULT : watch;
      await end(
        (await import('../replicas.ts')).replicas({ ...rest, ...(every !== undefined && { watch: every }) }, io),
      );
    });
  examples(command, 'replicas', 'replicas --watch', 'backends --replica edgebalancer-7d9f-x2x4k');
};
