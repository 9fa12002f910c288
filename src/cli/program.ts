/**
 * The commands by name. Only the one that is asked for is declared, and its work is loaded when it is to be done, so that
 * `run` starts as if there were no others; help, completion and words that are no command want all of them.
 */
import { Command, CommanderError } from 'commander';
import type { Declare } from './commands/declaration.ts';
import type { Io } from './io.ts';
import { version } from './version.ts';

/** In the order in which help lists them. */
const COMMANDS: Readonly<Record<string, () => Promise<Declare>>> = {
  run: async () => (await import('./commands/serving.ts')).run,
  check: async () => (await import('./commands/serving.ts')).check,
  schema: async () => (await import('./commands/serving.ts')).schema,
  demo: async () => (await import('./commands/serving.ts')).demo,
  top: async () => (await import('./commands/top.ts')).top,
  events: async () => (await import('./commands/events.ts')).events,
  requests: async () => (await import('./commands/explain.ts')).requests,
  explain: async () => (await import('./commands/explain.ts')).explain,
  backends: async () => (await import('./commands/backends.ts')).backends,
  replicas: async () => (await import('./commands/replicas.ts')).replicas,
  strategy: async () => (await import('./commands/strategy.ts')).strategy,
  config: async () => (await import('./commands/config.ts')).config,
  token: async () => (await import('./commands/token.ts')).token,
  cost: async () => (await import('./commands/cost.ts')).cost,
  simulate: async () => (await import('./commands/simulate.ts')).simulate,
  recording: async () => (await import('./commands/recording.ts')).recording,
  copilot: async () => (await import('./commands/copilot.ts')).copilot,
  incidents: async () => (await import('./commands/incidents.ts')).incidents,
  mcp: async () => (await import('./commands/mcp.ts')).mcp,
  completion: async () => (await import('./commands/completion.ts')).completion,
};

/** Lines of help are no longer, so that they read the same everywhere. */
const HELP_COLUMNS = 100;
const HELP_COLUMNS_DEFAULT = 80;

/** A program that knows the command `name` alone, or all of them when there is none of that name. */
export async function programWith(
  name: string | null,
  io: Io,
  end: (code: Promise<number>) => Promise<void> = async (code) => void (await code),
): Promise<Command> {
  const columns = Math.min(io.columns ?? HELP_COLUMNS_DEFAULT, HELP_COLUMNS);
  const program = new Command('edgebalancer')
    .description('A live layer-7 traffic router')
    .version(version)
    .enablePositionalOptions()
    .showHelpAfterError('(edgebalancer --help lists the commands)')
    .configureOutput({
      writeOut: io.stdout,
      writeErr: io.stderr,
      getOutHelpWidth: () => columns,
      getErrHelpWidth: () => columns,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .configureHelp({ sortSubcommands: false })
    .exitOverride();
  const names = name !== null && Object.hasOwn(COMMANDS, name) ? [name] : Object.keys(COMMANDS);
  for (const declare of await Promise.all(names.map((one) => (COMMANDS[one] as () => Promise<Declare>)())))
    declare(program, { io, end });
  return program;
}

/** Runs `edgebalancer ARGS`. Resolves with the exit code: 0 done, 1 failed, 2 not as it can be used. */
export async function runProgram(args: readonly string[], io: Io): Promise<number> {
  let exitCode = 0;
  const program = await programWith(args[0] ?? null, io, async (code) => void (exitCode = await code));
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : 2;
  }
  return exitCode;
}
