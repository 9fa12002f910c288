/** argv to a command; nothing else. Each command's file is loaded only when it is asked for. */
import { version } from '#cli/version.ts';
import type { Io } from '#cli/io.ts';
import { Command, InvalidArgumentError } from 'commander';

// Whoever reads what is printed may stop at any time (`| head`); that ends the printing, not the program.
process.stdout.on('error', () => {});

const program = new Command('edgebalancer')
  .description('A live layer-7 traffic router')
  .version(version)
  .showHelpAfterError('(edgebalancer --help lists the commands)')
  .configureHelp({ sortSubcommands: false });

program
  .command('run')
  .argument('[file]', 'configuration', 'edgebalancer.yaml')
  .description('run; SIGTERM drains and exits 0, SIGHUP reloads')
  .action(async (file: string) => end((await import('#cli/run.ts')).run(file)));

program
  .command('check')
  .argument('[file]', 'configuration', 'edgebalancer.yaml')
  .description('say everything that is wrong with a configuration, with its place')
  .action(async (file: string) => end((await import('#cli/check.ts')).check(file, io())));

program
  .command('schema')
  .description('the JSON Schema of the configuration, for editors')
  .action(async () => end((await import('#cli/schema.ts')).schema(io())));

program
  .command('demo')
  .option('--config <file>', 'run this configuration instead')
  .option('--port <number>', 'where the demo listens (default 8080)', portNumber)
  .description('a live demo: small backends, gentle traffic, a status page; what npm start runs')
  .action(async (options: { config?: string; port?: number }) => end((await import('#cli/demo.ts')).demo(options)));

program
  .command('backends')
  .option('--json', 'as the admin API says it')
  .option('--admin <url>', 'where the admin API is', 'http://127.0.0.1:9090')
  .description('a table of the backends and how they are')
  .action(async (options: { json?: boolean; admin: string }) =>
    end((await import('#cli/backends.ts')).backends(options)),
  );

await program.parseAsync();

function portNumber(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError('It must be a number from 0 to 65535.');
  return port;
}

function io(): Io {
  return {
    stdout: (text) => void process.stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
    env: process.env,
    cwd: process.cwd(),
  };
}

/** Ends the process with a command's exit code. */
async function end(code: Promise<number>): Promise<void> {
  process.exitCode = await code;
}
