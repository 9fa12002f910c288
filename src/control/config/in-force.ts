/**
 * What this version accepts and checks but does not do. Each row names a key and what follows from its absence; a version that
 * does it deletes the row. Where doing nothing would be unsafe, the key is refused instead of noted.
 */
import { formatPath, type Path } from './problem.ts';
import type { Config } from './schema.ts';

interface Row {
  /** Keys from the top; `*` is every entry of a list or mapping. */
  readonly key: string;
  /**
   * - `note`: said when the value (defaults included) asks for something.
   * - `written`: said only when the file itself writes it.
   * - `refuse`: an error when the file itself asks for it.
   */
  readonly kind: 'note' | 'written' | 'refuse';
  /** Whether a value asks for nothing; null, false, 0 and empty lists when not given. */
  readonly idle?: (value: unknown) => boolean;
  readonly says: string;
}

const NOT_IN_FORCE: readonly Row[] = [
  {
    key: 'engine',
    kind: 'refuse',
    idle: (value) => value !== 'io_uring',
    says: 'the io_uring engine is not part of this version; write `auto` or `net`',
  },
  {
    key: 'listeners.*.http2',
    kind: 'refuse',
    idle: (value) => value !== true,
    says: 'HTTP/2 is not part of this version; leave it out or write `false`',
  },
  { key: 'listeners.*.http2', kind: 'note', says: 'HTTP/2 is not spoken; clients use HTTP/1.1' },
  {
    key: 'routes.*.mirror',
    kind: 'refuse',
    says: 'mirroring is not part of this version; leave it out or write `null`',
  },
  {
    key: 'pools.*.health.grpc',
    kind: 'refuse',
    says: 'gRPC probes are not part of this version, and every backend would fail; write `tcp: true`',
  },
  {
    key: 'pools.*.http2',
    kind: 'refuse',
    says: 'HTTP/2 to backends is not part of this version; leave it out or write `false`',
  },
  {
    key: 'pools.*.sticky',
    kind: 'refuse',
    says: 'sticky sessions are not part of this version, and clients would change backends; write `null`, or `strategy: { name: consistent-hash, on: { cookie: NAME } }`',
  },
];

export interface Refusal {
  readonly path: Path;
  readonly message: string;
}

/** `data` is what the file says; `config` the same with defaults, null when it is not valid. */
export function judgeForce(
  data: unknown,
  config: Config | null,
): { readonly refused: readonly Refusal[]; readonly notes: readonly string[] } {
  const refused: Refusal[] = [];
  const notes: string[] = [];
  for (const row of NOT_IN_FORCE) {
    const places = placesOf(row.kind === 'note' ? config : data, row.key.split('.')).filter(
      ([, value]) => !(row.idle ?? isIdle)(value),
    );
    if (row.kind === 'refuse') refused.push(...places.map(([path]) => ({ path, message: row.says })));
    else if (places.length > 0)
      notes.push(`${listed(places.map(([path]) => formatPath(path)))}: not in force in this version: ${row.says}`);
  }
  return { refused, notes };
}

function isIdle(value: unknown): boolean {
  return (
    value === null ||
    value === undefined ||
    value === false ||
    value === 0 ||
    (Array.isArray(value) && value.length === 0)
  );
}

function placesOf(value: unknown, keys: readonly string[], path: Path = []): [Path, unknown][] {
  const [key, ...rest] = keys;
  if (key === undefined) return [[path, value]];
  if (typeof value !== 'object' || value === null) return [];
  if (key !== '*') {
    const part = (value as Record<string, unknown>)[key];
    return part === undefined ? [] : placesOf(part, rest, [...path, key]);
  }
  if (Array.isArray(value)) return value.flatMap((part, at) => placesOf(part, rest, [...path, at]));
  return Object.entries(value).flatMap(([name, part]) => placesOf(part, rest, [...path, name]));
}

/** A pool of each kind would say the same: three are enough to find the rest. */
function listed(paths: readonly string[]): string {
  return paths.length <= 3 ? paths.join(', ') : `${paths.slice(0, 3).join(', ')} and ${paths.length - 3} more`;
}
