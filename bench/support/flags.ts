import { parseArgs } from 'node:util';

type FlagValue = number | boolean | readonly string[];
type Widened<T> = { [K in keyof T]: T[K] extends number ? number : T[K] extends boolean ? boolean : readonly string[] };

/**
 * Reads `--kebab-case` flags. The defaults say which there are and of what type: a number, a switch, or a list written
 * with commas (empty: all). `--quick` replaces defaults by the `quick` values, for development; flags given win.
 */
export function readFlags<T extends Record<string, FlagValue>>(
  purpose: string,
  defaults: T,
  quick: Partial<Record<keyof T, FlagValue>>,
): Widened<T> & { readonly quick: boolean; readonly write: boolean } {
  const all: Record<string, FlagValue> = { ...defaults, write: false, quick: false, help: false };
  const options: Record<string, { type: 'boolean' | 'string' }> = {};
  for (const [key, value] of Object.entries(all)) {
    options[kebab(key)] = { type: typeof value === 'boolean' ? 'boolean' : 'string' };
  }
  let given: Record<string, unknown>;
  try {
    given = parseArgs({ options, strict: true }).values;
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage(purpose, all)}`);
    process.exit(2);
  }
  if (given['help'] === true) {
    console.log(usage(purpose, all));
    process.exit(0);
  }
  if (given['quick'] === true) Object.assign(all, quick);
  for (const [key, fallback] of Object.entries(all)) {
    const text = given[kebab(key)];
    if (text !== undefined) all[key] = typeof text === 'string' ? parseValue(key, text, fallback) : (text as boolean);
  }
  return all as never;
}

/** True when the list is empty (no filter) or names the item. */
export function wanted(list: readonly string[], item: string): boolean {
  return list.length === 0 || list.includes(item);
}

function parseValue(key: string, text: string, fallback: FlagValue): FlagValue {
  if (typeof fallback !== 'number') return text.split(',').filter((part) => part !== '');
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) {
    console.error(`--${kebab(key)} takes a number above 0, not ${JSON.stringify(text)}`);
    process.exit(2);
  }
  return value;
}

function usage(purpose: string, flags: Record<string, FlagValue>): string {
  const lines = Object.entries(flags).map(([key, value]) => {
    const shown = Array.isArray(value) ? (value.length === 0 ? 'all' : value.join(',')) : String(value);
    return `  --${kebab(key)}  (${shown})`;
  });
  return `${purpose}\n\nFlags, with their defaults:\n${lines.join('\n')}`;
}

function kebab(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
