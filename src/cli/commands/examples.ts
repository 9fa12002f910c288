/** Examples below a command's help. */
import type { Command } from 'commander';

export function examples(command: Command, ...lines: readonly string[]): Command {
  const title = lines.length === 1 ? 'Example' : 'Examples';
  const text = lines.map((line) => `\n  $ edgebalancer ${line}`).join('');
  return command.addHelpText('after', `\n${title}:${text}`);
}
