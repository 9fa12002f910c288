/** Completion for zsh: one function a command, by `_arguments`. */
import type { Flag, Node } from './tree.ts';

export function zshScript(nodes: readonly Node[]): string {
  return `#compdef edgebalancer
# zsh completion for edgebalancer; made by: edgebalancer completion zsh

${nodes.map(functionOf).join('\n')}
if [ "$funcstack[1]" = "_edgebalancer" ]; then
  _edgebalancer "$@"
else
  compdef _edgebalancer edgebalancer
fi
`;
}

function functionName(path: string): string {
  return `_edgebalancer${path === '' ? '' : `_${path.replaceAll(/[^a-z]/g, '_')}`}`;
}

function functionOf(node: Node): string {
  const { path, commands, flags, words } = node;
  const lines = flags.map((flag) => `    ${specOf(flag)} \\`);
  if (commands.length === 0) {
    const places = words.map((word) => `    ':word:${actionOf(word)}' \\`);
    return `${functionName(path)}() {
  _arguments \\
${[...lines, ...places].join('\n')}
    && return
}
`;
  }
  const described = commands.map(({ name, summary }) => `    ${quoted(`${name}:${summary}`)}`);
  const branches = commands
    .filter(({ name }) => name !== 'help')
    .map(({ name }) => `        ${name}) ${functionName(path === '' ? name : `${path} ${name}`)} ;;`);
  return `${functionName(path)}() {
  local context state line
  local -a commands
  commands=(
${described.join('\n')}
  )
  _arguments -C \\
${lines.join('\n')}
    '1: :->command' \\
    '*:: :->rest' && return
  case $state in
    command) _describe command commands ;;
    rest)
      case $line[1] in
${branches.join('\n')}
      esac ;;
  esac
}
`;
}

function specOf({ names, summary, value }: Flag): string {
  const says = `[${summary.replaceAll(/[[\]\\]/g, ' ')}]`;
  const takes = value === 'none' ? '' : value === 'optional' ? '::value:' : `:value:${actionOf(value)}`;
  if (names.length === 1) return quoted(`${names[0] as string}${says}${takes}`);
  return `'(${names.join(' ')})'{${names.join(',')}}${quoted(`${says}${takes}`)}`;
}

function actionOf(value: Flag['value']): string {
  if (value === 'file') return '_files';
  if (value === 'directory') return '_files -/';
  return typeof value === 'string' ? ' ' : `(${value.join(' ')})`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
