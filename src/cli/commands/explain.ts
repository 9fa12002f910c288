/** `explain` and `requests`. */
import { Option, type Command } from 'commander';
import { REQUEST_LISTS } from '#contract/requests.ts';
import type { ExplainOptions } from '../explain.ts';
import type { RequestsOptions } from '../requests.ts';
import { amount, reading, whole, type Declare } from './declaration.ts';
import { examples } from './examples.ts';

export const explain: Declare = (program, { io, end }) => {
  const command = reading(program.command('explain'))
    .argument('[id]', "the request's x-request-id")
    .option('--url <url>', 'make a GET request there, have it recorded, and explain that one')
    .description('why a request went where it went')
    .action(async (id: string | undefined, options: ExplainOptions, self: Command) => {
      if ((id === undefined) === (options.url === undefined))
        self.error('error: give the id of a request, or --url URL to make one');
      await end((await import('../explain.ts')).explain(id ?? null, options, io));
    });
  examples(
    command,
    'explain 6f2b9c0d4e8a41f7b1c35d7e9f024681',
    'explain --url http://127.0.0.1:8080/proxy/',
    'explain 6f2b9c0d4e8a41f7b1c35d7e9f024681 --json',
  );
};

export const requests: Declare = (program, { io, end }) => {
  const command = reading(program.command('requests'))
    .addOption(new Option('--list <which>', 'which requests').choices(REQUEST_LISTS).default('recent'))
    .option('--pool <name>', 'only of this pool')
    .option('--backend <id>', 'only those that asked this backend')
    .option('--route <name>', 'only of this route')
    .option('--status <number>', 'only those answered so; 0: not at all', whole)
    .option('--min-ms <number>', 'only those that took so long at least', amount)
    .option('--limit <number>', 'so many at most (default: 50)', whole)
    .description('recorded requests: recent, slowest, failed, tried again, asked for')
    .action(async (options: RequestsOptions) => end((await import('../requests.ts')).requests(options, io)));
  examples(command, 'requests', 'requests --list slowest --pool app', 'requests --list failed --json');
};
