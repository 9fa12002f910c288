/** `recording`. */
import type { RecordingOptions } from '../recording.ts';
import { reading, type Declare } from './declaration.ts';
import { examples } from './examples.ts';

export const recording: Declare = (program, { io, end }) => {
  const command = reading(program.command('recording'))
    .option('--pool <name>', 'of this pool only')
    .option('--save <file>', 'write it to a file, which `simulate --from` replays')
    .description('what the traffic of the last minutes was like, and what each backend can do')
    .action(async (options: RecordingOptions) => {
      await end((await import('../recording.ts')).recording(options, io));
    });
  examples(command, 'recording', 'recording --pool app --save monday.json');
};
