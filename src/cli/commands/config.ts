/** `config` and the commands below it. */
import type { Command } from 'commander';
import type { AdminOptions } from '../admin-place.ts';
import type { ChangeOptions } from '../change.ts';
import type { ShowOptions } from '../config.ts';
import { admin, change, whole, type Declare, type Setting } from './declaration.ts';
import { examples } from './examples.ts';

export const config: Declare = (program, setting) => {
  const command = program.command('config').description('the configuration in force: show, compare, apply, undo, save');
  examples(command, 'config diff edgebalancer.yaml', 'config apply edgebalancer.yaml', 'config rollback');
  declareShow(command, setting);
  declareDiff(command, setting);
  declareApply(command, setting);
  declareRevisions(command, setting);
  declareRollback(command, setting);
  declareSave(command, setting);
};

function declareShow(parent: Command, { io, end }: Setting): void {
  const command = admin(parent.command('show'))
    .option('--yaml', 'as its YAML text, which is what is shown unless --json is given')
    .option('--revision <number>', 'an earlier one, by its number', whole)
    .description('the configuration in force, as it is written; secrets read ***')
    .action(async (options: ShowOptions) => end((await import('../config.ts')).showConfig(options, io)));
  examples(command, 'config show', 'config show --json', 'config show --revision 3');
}

function declareDiff(parent: Command, { io, end }: Setting): void {
  const command = admin(parent.command('diff'))
    .argument('<file>', 'YAML or JSON')
    .description('what a file would change, were it applied')
    .action(async (file: string, options: AdminOptions) =>
      end((await import('../config.ts')).diffConfig(file, options, io)),
    );
  examples(command, 'config diff edgebalancer.yaml');
}

function declareApply(parent: Command, { io, end }: Setting): void {
  const command = change(parent.command('apply'))
    .argument('<file>', 'YAML or JSON')
    .description('replace the configuration in force by a file')
    .action(async (file: string, options: ChangeOptions) =>
      end((await import('../config.ts')).applyConfig(file, options, io)),
    );
  examples(command, 'config apply edgebalancer.yaml', 'config apply edgebalancer.yaml --dry-run');
}

function declareRevisions(parent: Command, { io, end }: Setting): void {
  const command = admin(parent.command('revisions'))
    .description('the revisions that are kept: who, what, when, from where')
    .action(async (options: AdminOptions) => end((await import('../config.ts')).listRevisions(options, io)));
  examples(command, 'config revisions');
}

function declareRollback(parent: Command, { io, end }: Setting): void {
  const command = change(parent.command('rollback'))
    .argument('[revision]', 'its number (default: the one before the one in force)', whole)
    .description('go back to an earlier revision, which becomes a new one')
    .action(async (revision: number | undefined, options: ChangeOptions) =>
      end((await import('../config.ts')).rollbackConfig(revision, options, io)),
    );
  examples(command, 'config rollback', 'config rollback 3');
}

function declareSave(parent: Command, { io, end }: Setting): void {
  const command = change(parent.command('save'))
    .description('write the configuration in force into the file that it was read from')
    .action(async (options: ChangeOptions) => end((await import('../config.ts')).saveConfig(options, io)));
  examples(command, 'config save');
}
