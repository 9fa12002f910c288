/** `events`. */
import type { EventsOptions } from '../events.ts';
import { admin, type Declare } from './declaration.ts';
import { examples } from './examples.ts';

export const events: Declare = (program, { io, end }) => {
  const command = admin(program.command('events'))
    .option('--types <list>', 'only these: metrics, health, circuit, panic, config, worker, reload, drain')
    .description('what happens, a line each, as it happens; a connection that is lost is taken up again')
    .action(async (options: EventsOptions) => end((await import('../events.ts')).events(options, io)));
  examples(command, 'events', 'events --types health,circuit,panic', 'events --json');
};
