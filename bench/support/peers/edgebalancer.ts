import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../places.ts';
import type { Peer, Task } from './peer.ts';

export interface EdgeBalancerChoice {
  readonly id: string;
  readonly title: string;
  /** YAML of the pool's `strategy`. */
  readonly strategy: string;
  /** Further lines of YAML of the pool. */
  readonly pool?: readonly string[];
  /** Its access log is written to a file, every request a line of JSON. */
  readonly logged?: boolean;
  /** Share of requests whose spans are sent, to the origin, which takes anything, or to `tracesTo`. */
  readonly traced?: string;
  readonly tracesTo?: string;
  /** YAML of `requests`: which are recorded to be explained; as the product has it when left out. */
  readonly requests?: string;
  /** Of an operator, who may change things. */
  readonly adminToken?: string;
  /** Options of Node. */
  readonly nodeArgs?: readonly string[];
}

/** EdgeBalancer with one strategy, everything else at its defaults. */
export function edgeBalancer(choice: EdgeBalancerChoice): Peer {
  return {
    id: choice.id,
    title: choice.title,
    full: true,
    prepare: (task) => {
      const file = join(task.directory, 'edgebalancer.yaml');
      writeFileSync(file, configuration(task, choice));
      return {
        file: join(REPOSITORY, 'node_modules/.bin/node'),
        args: [...(choice.nodeArgs ?? []), join(REPOSITORY, 'bin/edgebalancer.js'), 'run', file],
        ...(choice.adminToken !== undefined && { env: { EDGEBALANCER_ADMIN_TOKEN: choice.adminToken } }),
      };
    },
  };
}

export const edgeBalancerLeastConnections = edgeBalancer({
  id: 'edgebalancer',
  title: 'EdgeBalancer',
  strategy: 'least-connections',
});

export const edgeBalancerAdaptive = edgeBalancer({
  id: 'edgebalancer-adaptive',
  title: 'EdgeBalancer adaptive',
  strategy: 'adaptive',
});

function configuration(task: Task, choice: EdgeBalancerChoice): string {
  const { strategy, pool = [], logged = false, traced, requests } = choice;
  const otlp = traced === undefined ? 'null' : `"${choice.tracesTo ?? `http://${task.backends[0]}`}"`;
  const access = logged ? `{ to: "${join(task.directory, 'access.log')}" }` : 'null';
  const backends = task.backends.map((backend, at) => `      - { id: b${at}, url: "http://${backend}" }`);
  const tls =
    task.tls === undefined ? 'null' : `{ certificates: [{ cert: "${task.tls.cert}", key: "${task.tls.key}" }] }`;
  return `workers: ${task.workers}
listeners:
  - { name: public, address: "127.0.0.1:${task.port}", tls: ${tls} }
routes:
  - { name: app, match: { path: /proxy/ }, stripPrefix: /proxy, pool: app }
pools:
  app:
    strategy: ${strategy}
    health: { path: /healthz, interval: 5s, timeout: 2s }
${pool.map((line) => `    ${line}\n`).join('')}    backends:
${backends.join('\n')}
state: { dir: null }
admin: { address: "127.0.0.1:${task.adminPort}", publicRead: true }
log: { access: ${access} }
tracing: { otlp: ${otlp}, sample: ${traced ?? '1%'} }
${requests === undefined ? '' : `requests: ${requests}\n`}# In force, and never reached: its cost is part of the figure.
rateLimits: { per-client: { rate: 10000000/s, burst: 10000000 } }
`;
}
