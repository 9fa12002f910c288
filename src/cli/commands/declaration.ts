/** What declarations of commands share: options, and the rule that their work is loaded only when it is to be done. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import { suggestion } from '#control/config/nearest.ts';
import { ADMIN_DEFAULT, TIMEOUT_S_DEFAULT, TOKEN_PLACES } from '../admin-place.ts';
import type { Io } from '../io.ts';

export interface Setting {
  readonly io: Io;
  /** Takes the exit code of the command that ran. */
  readonly end: (code: Promise<number>) => Promise<void>;
}

/** Adds a command to the program. */
export type Declare = (program: Command, setting: Setting) => void;

/** Options of every command that speaks the admin API. */
export function admin(command: Command): Command {
  return json(command)
    .option(
      '--admin <url>',
      `where the admin API is: a URL, or unix:/path (default: EDGEBALANCER_ADMIN, else ${ADMIN_DEFAULT})`,
    )
    .option('--token-file <file>', 'a file that holds the token (default: the token in EDGEBALANCER_TOKEN)')
    .option('--timeout <seconds>', `how long an answer may take (default: ${TIMEOUT_S_DEFAULT})`, seconds)
    .addOption(new Option('--token [token]').hideHelp())
    .on('option:token', () =>
      command.error(`error: a token among the arguments can be read by every user of this machine. ${TOKEN_PLACES}`),
    );
}

/** Options of every command that reads what one replica knows. */
export function reading(command: Command): Command {
  return admin(command).option('--replica <name>', 'another replica answers, by its name or id of `replicas`');
}

/** Options of every command that changes something through the admin API. */
export function change(command: Command): Command {
  return admin(command)
    .option('-y, --yes', 'do it without asking')
    .option('--dry-run', 'only say what would change')
    .option('--watch <seconds>', 'undo it by itself should p99 or errors get worse in this time', seconds);
}

export function json(command: Command): Command {
  return command.option('--json', 'as the admin API says it');
}

/** For a command that does something of its own and has commands below it: a word that is none of them is a slip. */
export function refuseUnknown(command: Command): void {
  const [word] = command.args;
  if (word === undefined) return;
  const names = command.commands.map((one) => one.name());
  command.error(`error: unknown command '${word}'${suggestion(word, names)}`);
}

const WATCH_S_DEFAULT = 2;

/** Of a command that shows what is now: again and again, if asked to. */
export function watchable(command: Command): Command {
  const says = `again and again, every ${WATCH_S_DEFAULT} seconds unless given`;
  return command.option('--watch [seconds]', says, seconds);
}

/** The seconds that were meant. */
export function watched(watch: number | true | undefined): { readonly watch?: number } {
  return watch === undefined ? {} : { watch: watch === true ? WATCH_S_DEFAULT : watch };
}

export function seconds(text: string): number {
  const value = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || value < 0.1 || value > 3600)
    throw new InvalidArgumentError('It must be a number of seconds from 0.1 to 3600.');
  return value;
}

/** The bounds of what is said are the server's to hold; here it must only be a number. */
export function amount(text: string): number {
  const value = Number(text);
  if (!/^\d+(\.\d+)?(e\d+)?$/i.test(text) || !Number.isFinite(value))
    throw new InvalidArgumentError('It must be a number, 0 or more.');
  return value;
}

export function whole(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number, 0 or more.');
  return Number(text);
}
