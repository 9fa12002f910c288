/** The configuration that each task is given; what differs between accounts is in its environment. */
import { stringify } from 'yaml';
import { IDLE_S } from './timeouts.ts';

export const PORT = 8080;
/** Of the example backend. */
export const BACKEND_PORT = 3000;

export function configuration(): string {
  return stringify({
    listeners: [
      {
        name: 'public',
        address: `0.0.0.0:${PORT}`,
        // The load balancer, which is in the same network.
        trustedProxies: ['${VPC_CIDR}'],
        timeouts: { idle: `${IDLE_S.edgeBalancer}s` },
      },
    ],
    routes: [
      { name: 'app', match: { path: '/proxy/' }, stripPrefix: '/proxy', pool: 'app' },
      { name: 'control', match: { path: '/' }, controlPlane: true },
    ],
    pools: {
      app: {
        discovery: { cloudMap: { namespace: '${NAMESPACE}', service: '${BACKEND_SERVICE}', port: BACKEND_PORT } },
        timeouts: { idle: `${IDLE_S.toBackend}s` },
      },
    },
    admin: { address: null },
    state: { dir: '/var/lib/edgebalancer', shared: { url: '${SHARED_URL}', cluster: true } },
    log: { access: { to: '-', format: 'json', sample: '10%' } },
  });
}
