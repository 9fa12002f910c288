/** Completion for bash 3.2 and later, without the package bash-completion. */
import type { Flag, Node } from './tree.ts';

export function bashScript(nodes: readonly Node[]): string {
  return `# bash completion for edgebalancer; made by: edgebalancer completion bash
_edgebalancer() {
  local current=\${COMP_WORDS[COMP_CWORD]} path= word i skip= at=0 previous= commands= flags= valued=
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    previous=$word
    if [[ -n $skip ]]; then skip=; previous=; continue; fi
    _edgebalancer_node "$path"
    if [[ $word == -* ]]; then
      [[ " $valued " == *" $word "* ]] && skip=1
    elif [[ " $commands " == *" $word "* && $at == 0 ]]; then
      path="\${path:+$path }$word"
    else
      at=$((at + 1))
    fi
  done
  _edgebalancer_node "$path"
  if [[ -n $skip ]]; then
    _edgebalancer_value "$path" "$previous"
  elif [[ $current == -* ]]; then
    COMPREPLY=($(compgen -W "$flags" -- "$current"))
  else
    [[ $at == 0 ]] && COMPREPLY=($(compgen -W "$commands" -- "$current"))
    _edgebalancer_word "$path" "$at"
  fi
}

# Sets commands, flags and valued, which are local to its caller.
_edgebalancer_node() {
  commands= flags= valued=
  case "$1" in
${nodes.map(nodeCase).join('\n')}
  esac
}

_edgebalancer_value() {
  case "$1 $2" in
${cases(nodes.flatMap((node) => node.flags.flatMap((flag) => flag.names.map((name) => [`${node.path} ${name}`, flag.value] as const))))}
  esac
}

_edgebalancer_word() {
  case "$1 $2" in
${cases(nodes.flatMap((node) => node.words.map((word, at) => [`${node.path} ${at}`, word] as const)))}
  esac
}

complete -F _edgebalancer edgebalancer
`;
}

function nodeCase({ path, commands, flags }: Node): string {
  const all = flags.flatMap(({ names }) => names);
  const valued = flags.filter(({ value }) => value !== 'none' && value !== 'optional').flatMap(({ names }) => names);
  return `    '${path}')
      commands='${commands.map(({ name }) => name).join(' ')}'
      flags='${all.join(' ')}'
      valued='${valued.join(' ')}' ;;`;
}

/** Only what there is something to say of. */
function cases(entries: readonly (readonly [string, Flag['value']])[]): string {
  return entries
    .flatMap(([place, value]) => {
      const words = replies(value);
      return words === '' ? [] : [`    '${place}') ${words} ;;`];
    })
    .join('\n');
}

function replies(value: Flag['value']): string {
  // Names with spaces stay whole: one to a line.
  if (value === 'file')
    return `local IFS=$'\\n'; COMPREPLY+=($(compgen -f -- "$current")); compopt -o filenames 2>/dev/null`;
  if (value === 'directory')
    return `local IFS=$'\\n'; COMPREPLY+=($(compgen -d -- "$current")); compopt -o filenames 2>/dev/null`;
  if (typeof value === 'string') return '';
  return `COMPREPLY+=($(compgen -W '${value.join(' ')}' -- "$current"))`;
}
