/** Completion for fish 3: one `complete` for each thing that may follow. */
import type { Flag, Node } from './tree.ts';

export function fishScript(nodes: readonly Node[]): string {
  return `# fish completion for edgebalancer; made by: edgebalancer completion fish
# True when the words that are no options, without values of options, begin with these and no command below them.
function __edgebalancer_at
  set -l words
  set -l skip 0
  for word in (commandline -opc)[2..-1]
    if test $skip -eq 1
      set skip 0
    else if contains -- $word ${valued(nodes).join(' ')}
      set skip 1
    else if not string match -q -- '-*' $word
      set -a words $word
    end
  end
  set -l wanted (string split -n ' ' -- $argv[1])
  set -l below (string split -n ' ' -- $argv[2])
  set -l count (count $wanted)
  test (count $words) -ge $count; or return 1
  if test $count -gt 0
    test "$words[1..$count]" = "$wanted"; or return 1
  end
  test (count $words) -eq $count; and return 0
  not contains -- $words[(math $count + 1)] $below
end

complete -c edgebalancer -f
${nodes.flatMap(linesOf).join('\n')}
`;
}

function valued(nodes: readonly Node[]): string[] {
  const flags = nodes.flatMap((node) => node.flags).filter(({ value }) => value !== 'none' && value !== 'optional');
  return [...new Set(flags.flatMap(({ names }) => names))];
}

function linesOf({ path, commands, flags, words }: Node): string[] {
  const at = `-n ${quoted(`__edgebalancer_at "${path}" "${commands.map(({ name }) => name).join(' ')}"`)}`;
  return [
    ...commands.map(({ name, summary }) => `complete -c edgebalancer ${at} -a ${name} -d ${quoted(summary)}`),
    ...flags.map(
      (flag) => `complete -c edgebalancer ${at} ${namesOf(flag)} -d ${quoted(flag.summary)}${takes(flag.value, true)}`,
    ),
    ...words.filter((word) => word !== 'text').map((word) => `complete -c edgebalancer ${at}${takes(word, false)}`),
  ];
}

function namesOf({ names }: Flag): string {
  return names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`)).join(' ');
}

function takes(value: Flag['value'], required: boolean): string {
  if (value === 'none' || value === 'optional') return '';
  const must = required ? ' -r' : '';
  if (value === 'file') return `${must} -F`;
  if (value === 'directory') return `${must} -a '(__fish_complete_directories)'`;
  return typeof value === 'string' ? must : `${must} -a ${quoted(value.join(' '))}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
