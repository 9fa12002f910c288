import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { askAdmin } from '../admin-load.ts';
import type { Peer, Task } from '../peers/peer.ts';
import { haproxyAdministered } from '../peers/haproxy.ts';
import { nginxLeastConn } from '../peers/nginx.ts';
import { REPOSITORY } from '../places.ts';
import { startTarget, type Target, type TargetOptions } from '../target.ts';

/** Who is asked for changes and flooded: a proxy with what its control plane offers. */
export interface Subject {
  readonly title: string;
  readonly target: Target;
  /** Path of its figures, on `adminPort`. */
  readonly figures: string;
  readonly adminPort: number;
  /** Headers that let a reader in. */
  readonly token: string;
  /** Makes the change of this number. Resolves with the milliseconds until it was obeyed. Null: it cannot be changed so. */
  readonly change: ((at: number) => Promise<number>) | null;
}

const STRATEGIES = ['round-robin', 'adaptive', 'two-choices', 'least-connections'];

/** EdgeBalancer as it runs in earnest: tokens are asked for, and a change is on the disk before it is answered. */
export async function startBalancer(title: string, options: TargetOptions): Promise<Subject> {
  const token = `eb_${randomBytes(32).toString('base64url')}`;
  const { target, adminPort } = await start(balancer(token), options);
  const backends = options.backends.length;
  return {
    title,
    target,
    adminPort,
    figures: '/admin/metrics',
    token,
    change: async (at) => {
      const [method, path, body] = changeNumber(at, backends);
      const { status, text, ms } = await askAdmin(adminPort, method, path, token, body);
      if (status === 200 && (JSON.parse(text) as { obeyed: boolean }).obeyed) return ms;
      throw new Error(`${status} ${text.slice(0, 200)}`);
    },
  };
}

/** HAProxy with its page of figures, and changes through its socket: at once, in memory alone. */
export async function startHaproxy(options: TargetOptions): Promise<Subject> {
  let socket = '';
  const peer: Peer = {
    ...haproxyAdministered,
    prepare: (task) => {
      socket = join(task.directory, 'admin.sock');
      return haproxyAdministered.prepare(task);
    },
  };
  const { target, adminPort } = await start(peer, options);
  return {
    title: 'HAProxy',
    target,
    adminPort,
    figures: '/stats;csv',
    token: '',
    change: (at) => tellHaproxy(socket, haproxyChange(at, options.backends.length)),
  };
}

/** nginx with `stub_status`. It is changed by reading its file anew, which ends its workers: see `failures`. */
export async function startNginx(options: TargetOptions): Promise<Subject> {
  const { target, adminPort } = await start(nginxLeastConn, options);
  return { title: 'nginx', target, adminPort, figures: '/status', token: '', change: null };
}

async function start(peer: Peer, options: TargetOptions): Promise<{ target: Target; adminPort: number }> {
  let adminPort = 0;
  const target = await startTarget(
    {
      ...peer,
      prepare: (task) => {
        adminPort = task.adminPort;
        return peer.prepare(task);
      },
    },
    options,
  );
  return { target, adminPort };
}

function balancer(token: string): Peer {
  return {
    id: 'edgebalancer',
    title: 'EdgeBalancer',
    full: true,
    prepare: (task) => {
      const file = join(task.directory, 'edgebalancer.yaml');
      writeFileSync(file, stringify(configurationOf(task)));
      return {
        file: join(REPOSITORY, 'node_modules/.bin/node'),
        args: [join(REPOSITORY, 'bin/edgebalancer.js'), 'run', file],
        env: { EDGEBALANCER_ADMIN_TOKEN: token },
      };
    },
  };
}

function configurationOf(task: Task): object {
  return {
    workers: task.workers,
    listeners: [{ address: `127.0.0.1:${task.port}` }],
    routes: [{ name: 'app', match: { path: '/proxy/' }, stripPrefix: '/proxy', pool: 'app' }],
    pools: {
      app: {
        strategy: 'least-connections',
        slowStart: null,
        backends: task.backends.map((backend, at) => ({ id: `b${at}`, url: `http://${backend}` })),
      },
    },
    rateLimits: { 'per-client': { rate: '10000000/s', burst: 10_000_000 } },
    state: { dir: join(task.directory, 'state') },
    admin: { address: `127.0.0.1:${task.adminPort}` },
    log: { access: null },
  };
}

/** Weights, drains and strategies in turn. */
function changeNumber(at: number, backends: number): [method: string, path: string, body: object] {
  const turn = Math.floor(at / 4);
  const backend = `/admin/backends/app/b${turn % backends}`;
  switch (at % 4) {
    case 0:
      return ['PATCH', backend, { weight: 1 + (turn % 9) / 2 }];
    case 1:
      return ['PATCH', backend, { state: 'draining' }];
    case 2:
      return ['PUT', '/admin/strategy', { pool: 'app', strategy: STRATEGIES[turn % STRATEGIES.length] }];
    default:
      return ['PATCH', backend, { state: 'active' }];
  }
}

/** The same, as far as its socket can: a strategy cannot be switched, so a second weight takes that turn. */
function haproxyChange(at: number, backends: number): string {
  const turn = Math.floor(at / 4);
  const server = `app/b${turn % backends}`;
  switch (at % 4) {
    case 0:
      return `set server ${server} weight ${1 + (turn % 9)}`;
    case 1:
      return `set server ${server} state drain`;
    case 2:
      return `set server app/b${(turn + 1) % backends} weight ${1 + (turn % 5)}`;
    default:
      return `set server ${server} state ready`;
  }
}

/** Rejects when it answers anything: it says nothing to what it has done. */
function tellHaproxy(socket: string, line: string): Promise<number> {
  const begunMs = performance.now();
  return new Promise((resolve, reject) => {
    const connection = createConnection(socket);
    let text = '';
    connection.on('data', (part) => (text += part.toString()));
    connection.on('error', reject);
    connection.on('end', () => {
      if (text.trim() === '') resolve(performance.now() - begunMs);
      else reject(new Error(text.trim()));
    });
    connection.write(`${line}\n`);
  });
}
