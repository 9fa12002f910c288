/** References to the environment inside scalar values: `${NAME}`, `${NAME:-default}`; `$${` stands for `${`. */
import { nearest } from './nearest.ts';
import { shorten } from './quantities.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Expansion {
  readonly text: string;
  /** The whole scalar was one reference: it may be read as a number, a boolean or null. */
  readonly whole: boolean;
  /** One sentence for each reference that could not be read. */
  readonly problems: readonly string[];
}

const REFERENCE = /\$\$\{|\$\{([^{}]*)(\}?)/g;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Whether a file may hold a reference at all: in a quoted text, `$` may be written as an escape. */
export function mayRefer(fileText: string): boolean {
  return fileText.includes('$') || fileText.includes('\\');
}

/** Null when the text holds no reference. */
export function expand(text: string, env: Environment): Expansion | null {
  if (!text.includes('${')) return null;
  const problems: string[] = [];
  const expanded = text.replaceAll(REFERENCE, (all: string, inside: string | undefined, close: string) => {
    if (inside === undefined) return '${';
    const value =
      close === ''
        ? {
            problem: `\`${shorten(all)}\` is not closed; write \`\${NAME}\`, or \`$\${\` for the characters themselves`,
          }
        : lookUp(inside, env);
    if ('value' in value) return value.value;
    problems.push(value.problem);
    return '';
  });
  return { text: expanded, whole: /^\$\{[^{}]*\}$/.test(text), problems };
}

/** The references in a text, each with what it stands for; those that cannot be read are left out. */
export function referencesIn(text: string, env: Environment): { readonly name: string; readonly value: string }[] {
  return [...text.matchAll(REFERENCE)].flatMap(([, inside, close]) => {
    if (inside === undefined || close === '') return [];
    const found = lookUp(inside, env);
    return 'value' in found ? [{ name: inside.split(':-', 1)[0] as string, value: found.value }] : [];
  });
}

function lookUp(inside: string, env: Environment): { readonly value: string } | { readonly problem: string } {
  const at = inside.indexOf(':-');
  const name = at === -1 ? inside : inside.slice(0, at);
  if (!NAME.test(name)) {
    return {
      problem: `\`\${${shorten(inside)}}\` is not a reference; write \`\${NAME}\` or \`\${NAME:-default}\`, or \`$\${\` for the characters themselves`,
    };
  }
  // As in a shell, the default also stands in for a variable that is set to nothing.
  const value = Object.hasOwn(env, name) ? env[name] : undefined;
  if (at !== -1) return { value: value === undefined || value === '' ? inside.slice(at + 2) : value };
  if (value !== undefined) return { value };
  const near = nearest(name, Object.keys(env));
  const hint = near === null ? '' : `, or did you mean \`${near}\`?`;
  return { problem: `the environment has no \`${name}\`; set it, or write \`\${${name}:-default}\`${hint}` };
}
