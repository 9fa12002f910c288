import { caddy } from './caddy.ts';
import { edgeBalancerAdaptive, edgeBalancerLeastConnections } from './edgebalancer.ts';
import { haproxyFull, haproxyMinimal } from './haproxy.ts';
import { nginxLeastConn, nginxMinimal } from './nginx.ts';
import { fastProxy, httpProxy3 } from './node-proxies.ts';
import type { Peer } from './peer.ts';

/** Every target, in the order of the tables. */
export const ALL_PEERS: readonly Peer[] = [
  edgeBalancerLeastConnections,
  edgeBalancerAdaptive,
  nginxMinimal,
  nginxLeastConn,
  haproxyMinimal,
  haproxyFull,
  caddy,
  httpProxy3,
  fastProxy,
];
