/** `token` and the commands below it. */
import { Option, type Command } from 'commander';
import type { CreateOptions, TokenOptions } from '../token.ts';
import { admin, type Declare, type Setting } from './declaration.ts';
import { examples } from './examples.ts';

export const token: Declare = (program, setting) => {
  const command = program.command('token').description('who may use the admin API: make, list and revoke tokens');
  examples(command, 'token create ci --role operator --expires 90d', 'token list', 'token revoke ci');
  declareCreate(command, setting);
  declareList(command, setting);
  declareRevoke(command, setting);
};

function local(command: Command): Command {
  return admin(command).option(
    '--state <directory>',
    'work on this state directory itself, not through the admin API: for whoever is locked out',
  );
}

function declareCreate(parent: Command, { io, end }: Setting): void {
  const command = local(parent.command('create'))
    .argument('<name>', 'whose it is, for the audit')
    .addOption(
      new Option('--role <role>', 'viewer reads, operator changes').choices(['viewer', 'operator']).default('viewer'),
    )
    .option('--expires <time>', 'how long it is good for: 90d, 12h, 30m (default: until it is revoked)')
    .description('make a token; it is shown this once')
    .action(async (name: string, options: CreateOptions) =>
      end((await import('../token.ts')).createToken(name, options, io)),
    );
  examples(
    command,
    'token create dashboard',
    'token create ci --role operator --expires 90d',
    'token create me --role operator --state .edgebalancer',
  );
}

function declareList(parent: Command, { io, end }: Setting): void {
  const command = local(parent.command('list'))
    .description('the tokens, without what is secret of them')
    .action(async (options: TokenOptions) => end((await import('../token.ts')).listTokens(options, io)));
  examples(command, 'token list');
}

function declareRevoke(parent: Command, { io, end }: Setting): void {
  const command = local(parent.command('revoke'))
    .argument('<name>', 'of the token')
    .option('-y, --yes', 'do it without asking')
    .description('revoke a token and end its sessions')
    .action(async (name: string, options: TokenOptions & { yes?: boolean }) =>
      end((await import('../token.ts')).revokeToken(name, options, io)),
    );
  examples(command, 'token revoke ci');
}
