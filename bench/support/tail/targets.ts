import { caddyBalancing } from '../peers/caddy.ts';
import { edgeBalancer } from '../peers/edgebalancer.ts';
import { haproxyBalancing, haproxyTuned } from '../peers/haproxy.ts';
import { nginxBalancing } from '../peers/nginx.ts';
import type { Peer } from '../peers/peer.ts';

/** Those measured unless `--targets` says otherwise. */
export const USUAL: readonly string[] = ['adaptive', 'least-connections', 'haproxy-leastconn', 'nginx-least_conn'];

/** The base of all ratios. */
export const BASE = 'haproxy-leastconn';

const STRATEGIES = ['adaptive', 'least-connections', 'round-robin', 'random', 'two-choices', 'peak-ewma'];

/** Everything that `--targets` may name. */
export const TAIL_PEERS: readonly Peer[] = [
  ...STRATEGIES.map((name) => edgeBalancer({ id: name, title: `EdgeBalancer ${name}`, strategy: name })),
  edgeBalancer({
    id: 'adaptive-hedge',
    title: 'EdgeBalancer adaptive, hedged',
    strategy: 'adaptive',
    pool: ['hedge: { after: p95, budget: 5% }'],
  }),
  edgeBalancer({
    id: 'adaptive-no-retry',
    title: 'EdgeBalancer adaptive, no retry',
    strategy: 'adaptive',
    pool: ['retry: null'],
  }),
  edgeBalancer({
    id: 'adaptive-retry-500',
    title: 'EdgeBalancer adaptive, 500 retried',
    strategy: 'adaptive',
    pool: ['retry: { on: [connect-failure, reset, timeout, 500, 502, 503, 504] }'],
  }),
  haproxyBalancing('haproxy-leastconn', 'HAProxy leastconn', 'leastconn'),
  haproxyTuned('haproxy-leastconn-tuned', 'HAProxy leastconn, tuned', 'leastconn'),
  haproxyBalancing('haproxy-random', 'HAProxy random(2)', 'random(2)'),
  haproxyBalancing('haproxy-roundrobin', 'HAProxy roundrobin', 'roundrobin'),
  nginxBalancing('nginx-least_conn', 'nginx least_conn', 'least_conn;'),
  nginxBalancing('nginx-random', 'nginx random two', 'random two least_conn;'),
  nginxBalancing('nginx-round-robin', 'nginx round robin', ''),
  caddyBalancing('caddy-least_conn', 'Caddy least_conn', 'least_conn', false),
];
