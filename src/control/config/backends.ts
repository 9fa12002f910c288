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
  return found.flatMap(({ id, host, port, weight, tier, state }): BackendConfig[] => {
    const authority = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
    const url = `http://${authority}`;
    if (ids.has(id) || urls.has(url)) return [];
    const set = Object.hasOwn(overrides, id) ? overrides[id] : undefined;
    return [
      {
        id,
        url: { url, authority, address: { kind: 'tcp', host, port } },
        weight: set?.weight ?? weight,
        tier: set?.tier ?? tier,
        state: set?.state ?? state,
      },
    ];
  });
}

/** What a backend is called when it is not given a name. */
export const backendIdOf = (backend: BackendConfig): string => backend.id ?? backend.url.authority;
