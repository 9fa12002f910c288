/** `top`. */
import type { TopOptions } from '../top/top.ts';
import { admin, seconds, type Declare } from './declaration.ts';
import { examples } from './examples.ts';

export const top: Declare = (program, { io, end }) => {
  const command = admin(program.command('top'))
    .option('--every <seconds>', 'how often it is brought up to date (default: 1)', seconds)
    .option('--once', 'print it once and end, as it does where there is no terminal')
    .description('a live view of the backends, with keys to drain, weight and switch')
    .action(async (options: TopOptions) => end((await import('../top/top.ts')).top(options, io)));
  examples(command, 'top', 'top --once');
};
