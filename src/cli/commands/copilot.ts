/** `copilot`. */
import type { CopilotOptions } from '../copilot.ts';
import { admin, type Declare } from './declaration.ts';
import { examples } from './examples.ts';

export const copilot: Declare = (program, { io, end }) => {
  const command = admin(program.command('copilot'))
    .argument('[question]', 'in plain words, between quotes')
    .option('--evidence', 'with the readings behind each finding')
    .description('what is wrong now and why, what to change; or the answer to a question')
    .action(async (question: string | undefined, options: CopilotOptions) => {
      await end((await import('../copilot.ts')).copilot(question ?? null, options, io));
    });
  examples(
    command,
    'copilot',
    'copilot "why is p99 high?"',
    'copilot --evidence',
    'copilot "what would happen without b?" --json',
  );
};
