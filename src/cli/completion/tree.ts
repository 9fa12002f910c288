/** The commands as data: what each path of words may be followed by. Made from the declarations, so nothing is forgotten. */
import type { Argument, Command, Option } from 'commander';

export interface Flag {
  /** `--admin`, `-y`. */
  readonly names: readonly string[];
  readonly summary: string;
  /** What it takes. */
  readonly value: 'none' | 'optional' | 'text' | 'file' | 'directory' | readonly string[];
}

export interface Node {
  /** Words that lead here: '' for the program itself, `backends add`. */
  readonly path: string;
  readonly summary: string;
  readonly commands: readonly { readonly name: string; readonly summary: string }[];
  readonly flags: readonly Flag[];
  /** What its words may be, the first first. */
  readonly words: readonly Flag['value'][];
}

export function nodesOf(command: Command, path = ''): Node[] {
  const help = command.createHelp();
  const commands = help.visibleCommands(command);
  const node: Node = {
    path,
    summary: command.description(),
    commands: commands.map((one) => ({ name: one.name(), summary: one.description() })),
    flags: help.visibleOptions(command).map(flagOf),
    words: command.registeredArguments.map(wordOf),
  };
  // `help` takes a command's name, which is no command below it.
  const below = command.commands.flatMap((one) => nodesOf(one, path === '' ? one.name() : `${path} ${one.name()}`));
  return [node, ...below];
}

function flagOf(option: Option): Flag {
  const names = [option.short, option.long].filter((name) => typeof name === 'string');
  const placeholder = /[<[]([^>\]]+)[>\]]/.exec(option.flags)?.[1] ?? '';
  const value: Flag['value'] =
    option.argChoices !== undefined
      ? option.argChoices
      : placeholder === ''
        ? 'none'
        : option.optional
          ? 'optional'
          : kindOf(placeholder);
  return { names, summary: option.description, value };
}

function wordOf(argument: Argument): Flag['value'] {
  return argument.argChoices ?? kindOf(argument.name());
}

function kindOf(placeholder: string): 'file' | 'directory' | 'text' {
  return placeholder === 'file' || placeholder === 'directory' ? placeholder : 'text';
}
