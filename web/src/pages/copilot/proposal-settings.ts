/** Recommended settings put into a configuration. */

interface Setting {
  readonly path: readonly string[];
  readonly value: unknown;
}

/** What a setting belongs to is no longer in the configuration. */
export class Gone extends Error {
  constructor(key: string) {
    super(`The configuration has no ${key} any more.`);
  }
}

/** `config` with these keys set; what is not touched is the same. */
export function withSettings(config: unknown, set: readonly Setting[]): unknown {
  return set.reduce((whole, { path, value }) => placed(whole, path, value), config);
}

function placed(node: unknown, path: readonly string[], value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (Array.isArray(node)) {
    const entries = node as readonly unknown[];
    const at = entries.findIndex((entry) => isNamed(entry, key));
    if (at < 0) throw new Gone(key);
    return entries.with(at, placed(entries[at], rest, value));
  }
  const record = typeof node === 'object' && node !== null ? (node as Readonly<Record<string, unknown>>) : {};
  return { ...record, [key]: placed(Object.hasOwn(record, key) ? record[key] : undefined, rest, value) };
}

/** Entries of lists go by their name or id. */
function isNamed(entry: unknown, key: string): boolean {
  if (typeof entry !== 'object' || entry === null) return false;
  const { name, id } = entry as { name?: unknown; id?: unknown };
  return name === key || id === key;
}
