/** The backends of a pool, wherever they come from. */
import type { PoolConfig } from './schema.ts';

export type BackendConfig = PoolConfig['backends'][number];

/** What discovery has found of a pool (discovery/member.ts). */
export interface FoundBackend {
  readonly id: string;
  readonly host: string;
  readonly port: number;
  readonly weight: number;
  readonly tier: number;
  readonly state: 'active' | 'draining';
}

/**
 * Backends that were found, as if they were listed. One that is listed already, by its id or its URL, is not there twice; what an
 * operator has set of one counts more than what was found.
 */
export function foundBackends(pool: PoolConfig, found: readonly FoundBackend[]): readonly BackendConfig[] {
  if (pool.discovery === null || found.length === 0) return [];
  const { overrides } = pool.discovery;
  const ids = new Set(pool.backends.map(backendIdOf));
  const urls = new Set(pool.backends.map(({ url }) => url.url));
  const backends: BackendConfig[] = [];
  for (const one of found) {
    const backend = asListed(one);
    if (ids.has(one.id) || urls.has(backend.url.url)) continue;
    const set = Object.hasOwn(overrides, one.id) ? overrides[one.id] : undefined;
    backends.push(
      set === undefined
        ? backend
        : {
            ...backend,
            weight: set.weight ?? one.weight,
            tier: set.tier ?? one.tier,
            state: set.state ?? one.state,
          },
    );
  }
  return backends;
}

/** Most of what is found was found before: it is put into this shape once. */
const listed = new WeakMap<FoundBackend, BackendConfig>();

function asListed(found: FoundBackend): BackendConfig {
  const known = listed.get(found);
  if (known !== undefined) return known;
  const { id, host, port, weight, tier, state } = found;
  const authority = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  const url = { url: `http://${authority}`, authority, address: { kind: 'tcp' as const, host, port }, secure: false };
  const backend: BackendConfig = { id, url, weight, tier, state };
  listed.set(found, backend);
  return backend;
}

/** What a backend is called when it is not given a name. */
export const backendIdOf = (backend: BackendConfig): string => backend.id ?? backend.url.authority;
