/** `incidents`. */
import type { IncidentsOptions } from '../incidents.ts';
import { reading, type Declare } from './declaration.ts';
import { examples } from './examples.ts';

export const incidents: Declare = (program, { io, end }) => {
  const command = reading(program.command('incidents'))
    .argument('[id]', 'one of them, with its timeline')
    .option('--save <file>', 'write it to a file, which `simulate --from` replays')
    .description('when p99, errors or circuits left their normal range, and why')
    .action(async (id: string | undefined, options: IncidentsOptions) => {
      await end((await import('../incidents.ts')).incidents(id ?? null, options, io));
    });
  examples(command, 'incidents', 'incidents 20260301T120405', 'incidents 20260301T120405 --save incident.json');
};
