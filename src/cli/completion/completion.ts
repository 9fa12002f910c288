/** `edgebalancer completion`: the script for a shell. */
import type { Command } from 'commander';
import { bashScript } from './bash.ts';
import { fishScript } from './fish.ts';
import { nodesOf } from './tree.ts';
import { zshScript } from './zsh.ts';

export type Shell = 'bash' | 'zsh' | 'fish';

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

/** `program` with every command declared. */
export function completionScript(shell: Shell, program: Command): string {
  return SCRIPTS[shell](nodesOf(program));
}
