/** The backends of a pool, wherever they come from. */
import type { PoolConfig } from './schema.ts';

export type BackendConfig = PoolConfig['backends'][number];

/** Listed backends, then a name to be discovered: one backend whose connections go to the name's addresses in turn. */
export function backendsOf(pool: PoolConfig): readonly BackendConfig[] {
  const dns = pool.discovery?.dns;
  if (dns === undefined) return pool.backends;
  const host = dns.name.toLowerCase().replace(/\.$/, '');
  const authority = `${host}:${dns.port}`;
  const url = { url: `http://${authority}`, authority, address: { kind: 'tcp' as const, host, port: dns.port } };
  return [...pool.backends, { id: authority, url, weight: 1, tier: 0, state: 'active' }];
}

/** What a backend is called when it is not given a name. */
export const backendIdOf = (backend: BackendConfig): string => backend.id ?? backend.url.authority;
