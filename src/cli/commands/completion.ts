/** `completion`: a script for a shell, made from the commands as they are declared. */
import { Argument } from 'commander';
import type { Shell } from '../completion/completion.ts';
import type { Declare } from './declaration.ts';
import { examples } from './examples.ts';

export const completion: Declare = (program, { io, end }) => {
  const command = program
    .command('completion')
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh', 'fish']))
    .description('print a script with which a shell completes commands and options')
    .action(async (shell: Shell) => {
      const [{ completionScript }, { programWith }] = await Promise.all([
        import('../completion/completion.ts'),
        import('../program.ts'),
      ]);
      // Only what was asked for is declared by now; a shell completes all of it.
      io.stdout(completionScript(shell, await programWith(null, io)));
      await end(Promise.resolve(0));
    });
  examples(
    command,
    'completion bash > ~/.local/share/bash-completion/completions/edgebalancer',
    'completion zsh > "${fpath[1]}/_edgebalancer"',
    'completion fish > ~/.config/fish/completions/edgebalancer.fish',
  );
};
