import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { programPath, type Command } from '../children.ts';
import type { Peer, Task } from '../peers/peer.ts';
import { REPOSITORY } from '../places.ts';

/** A proxy that can be told to read its configuration again while it runs. */
export interface FailurePeer extends Peer {
  /** Writes a configuration that says so in the answers' field `x-generation`, and has it read. */
  readonly reload: (generation: number, pid: number) => Promise<void>;
}

interface Kind {
  readonly id: string;
  readonly title: string;
  readonly file: string;
  readonly configuration: (task: Task, generation: number) => string;
  readonly command: (task: Task, file: string) => Command;
  readonly reload: (pid: number, task: Task, text: string) => Promise<void> | void;
}

/** How long each lets a backend stay silent. */
const PER_TRY = '1s';

/** The peer remembers the task of its last start: one of each runs at a time. */
function failurePeer(kind: Kind): FailurePeer {
  let task: Task | null = null;
  const write = (generation: number) => {
    const text = kind.configuration(task!, generation);
    writeFileSync(join(task!.directory, kind.file), text);
    return text;
  };
  return {
    id: kind.id,
    title: kind.title,
    full: false,
    prepare: (given) => {
      task = given;
      write(0);
      return kind.command(task, join(task.directory, kind.file));
    },
    reload: async (generation, pid) => kind.reload(pid, task!, write(generation)),
  };
}

const signal = (name: 'SIGHUP' | 'SIGUSR2') => (pid: number) => void process.kill(pid, name);

function edgeBalancer(id: string, title: string, strategy: string): FailurePeer {
  return failurePeer({
    id,
    title,
    file: 'edgebalancer.yaml',
    configuration: (task, generation) => `workers: 1
listeners: [{ name: public, address: "127.0.0.1:${task.port}" }]
routes:
  - name: app
    match: { path: /proxy/ }
    stripPrefix: /proxy
    pool: app
    rateLimits: []
    timeouts: { perTry: ${PER_TRY} }
    headers: { response: { set: { x-generation: "${generation}" } } }
pools:
  app:
    strategy: ${strategy}
    health: { path: /healthz, interval: 500ms, timeout: 400ms }
    backends:
${task.backends.map((backend, at) => `      - { id: b${at}, url: "http://${backend}" }`).join('\n')}
state: { dir: null }
admin: { address: "127.0.0.1:${task.adminPort}", publicRead: true }
log: { access: null }
`,
    command: (_, file) => ({
      file: join(REPOSITORY, 'node_modules/.bin/node'),
      args: [join(REPOSITORY, 'bin/edgebalancer.js'), 'run', file],
    }),
    reload: signal('SIGHUP'),
  });
}

/** Lines of HAProxy's sections. */
interface Tuned {
  readonly frontend: string;
  readonly backend: string;
  /** After each server's address. */
  readonly server: string;
}

function haproxy(id: string, title: string, tuned?: Tuned): FailurePeer {
  return failurePeer({
    id,
    title,
    file: 'haproxy.cfg',
    configuration: (task, generation) => `global
  nbthread 1
  maxconn 8000
  no strict-limits
  stats socket ${task.directory}/stats.sock level admin expose-fd listeners
defaults
  mode http
  timeout connect 2s
  timeout client 75s
  timeout server ${PER_TRY}
frontend public
  bind 127.0.0.1:${task.port} backlog 4096
  http-request set-pathq %[pathq,bytes(6)]
  http-response set-header x-generation ${generation}
${tuned?.frontend ?? ''}  default_backend app
backend app
  balance leastconn
${tuned?.backend ?? ''}${task.backends.map((address, at) => `  server b${at} ${address}${tuned?.server ?? ''}\n`).join('')}`,
    command: (_, file) => ({ file: 'haproxy', args: ['-W', '-db', '-f', file] }),
    reload: signal('SIGUSR2'),
  });
}

const nginx = failurePeer({
  id: 'nginx',
  title: 'nginx, defaults',
  file: 'nginx.conf',
  configuration: ({ directory, port, backends }, generation) => `daemon off;
worker_processes 1;
${process.getuid?.() === 0 ? 'user root;' : ''}
pid ${directory}/nginx.pid;
error_log stderr crit;
events { worker_connections 8000; }
http {
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path ${directory}/body;
  proxy_temp_path ${directory}/temp;
  fastcgi_temp_path ${directory}/fastcgi;
  uwsgi_temp_path ${directory}/uwsgi;
  scgi_temp_path ${directory}/scgi;
  upstream app { zone app 1m; least_conn; ${backends.map((backend) => `server ${backend};`).join(' ')} keepalive 256; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    add_header x-generation ${generation} always;
    location /proxy/ {
      proxy_pass http://app/;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_read_timeout ${PER_TRY};
    }
  }
}
`,
  command: ({ directory }, file) => ({ file: 'nginx', args: ['-p', directory, '-c', file] }),
  reload: signal('SIGHUP'),
});

function caddy(id: string, title: string, options: string): FailurePeer {
  return failurePeer({
    id,
    title,
    file: 'Caddyfile',
    configuration: (task, generation) => `{
  admin 127.0.0.1:${task.adminPort}
  auto_https off
}
http://:${task.port} {
  bind 127.0.0.1
  header x-generation ${generation}
  handle_path /proxy/* {
    reverse_proxy ${task.backends.join(' ')} {
      lb_policy least_conn
      ${options}
      transport http {
        response_header_timeout ${PER_TRY}
      }
    }
  }
}
`,
    command: ({ directory }, file) => ({
      file: 'caddy',
      args: ['run', '--config', file, '--adapter', 'caddyfile'],
      env: { XDG_DATA_HOME: directory, XDG_CONFIG_HOME: directory, GOMAXPROCS: '1', PATH: programPath() },
    }),
    reload: async (_, task, text) => {
      const answer = await fetch(`http://127.0.0.1:${task.adminPort}/load`, {
        method: 'POST',
        headers: { 'content-type': 'text/caddyfile' },
        body: text,
      });
      if (!answer.ok) throw new Error(`Caddy refused its configuration: ${await answer.text()}`);
    },
  });
}

export const FAILURE_PEERS: readonly FailurePeer[] = [
  edgeBalancer('edgebalancer', 'EdgeBalancer adaptive', 'adaptive'),
  edgeBalancer('edgebalancer-least-connections', 'EdgeBalancer least-connections', 'least-connections'),
  haproxy('haproxy', 'HAProxy, defaults'),
  haproxy('haproxy-tuned', 'HAProxy, tuned', {
    frontend: '  option idle-close-on-response\n',
    backend: `  option redispatch 1
  retry-on all-retryable-errors
  http-request disable-l7-retry if METH_POST
  option httpchk GET /healthz
`,
    server: ' check inter 500ms observe layer7 error-limit 5 on-error mark-down',
  }),
  nginx,
  caddy('caddy', 'Caddy, defaults', ''),
  caddy(
    'caddy-tuned',
    'Caddy, tuned',
    'lb_try_duration 2s\n      fail_duration 5s\n      health_uri /healthz\n      health_interval 500ms\n      health_timeout 400ms',
  ),
];
