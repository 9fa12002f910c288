/** argv to a command; nothing else. Each command's file is loaded only when it is asked for. */
import { Command } from 'commander';

const program = new Command('edgebalancer')
  .description('A live layer-7 traffic router')
  .showHelpAfterError('(edgebalancer --help lists the commands)')
  .configureHelp({ sortSubcommands: false });

program
  .command('run')
  .argument('[file]', 'configuration', 'edgebalancer.yaml')
  .description('run; SIGTERM drains and exits 0, SIGHUP reloads')
  .action(async (file: string) => end((await import('#cli/run.ts')).run(file)));

await program.parseAsync();

/** Ends the process with a command's exit code. */
async function end(code: Promise<number>): Promise<void> {
  process.exitCode = await code;
}
