/** Routes as the plan needs them: those of the file, or the two that a file without routes gets. */
import { DEFAULT_RATE_LIMIT } from './schema-control.ts';
import { route, type ReadRoute } from './schema-routes.ts';
import type { Config, ReadConfig } from './schema.ts';

export function withRoutes(read: ReadConfig): Config {
  const routes = read.routes ?? defaultRoutes(Object.keys(read.pools));
  return {
    ...read,
    routes: routes.map((one) => ({
      ...one,
      rateLimits: one.rateLimits ?? (one.controlPlane ? [] : [DEFAULT_RATE_LIMIT]),
    })),
  };
}

/** Whether a route names no target. */
export function goesNowhere(one: Pick<ReadRoute, 'pool' | 'split' | 'controlPlane'>): boolean {
  return one.pool === undefined && one.split === undefined && !one.controlPlane;
}

/** `/proxy/` to the only pool, the rest to the control plane. With several pools nobody can know: checks.ts says so. */
function defaultRoutes(pools: readonly string[]): ReadRoute[] {
  const [pool] = pools;
  if (pool === undefined || pools.length > 1) return [];
  const name = pool === 'control' ? 'proxy' : pool;
  return [
    { ...route.parse({ name: 'proxy', match: { path: '/proxy/' }, stripPrefix: '/proxy' }), name, pool },
    route.parse({ name: 'control', match: { path: '/' }, controlPlane: true }),
  ];
}
