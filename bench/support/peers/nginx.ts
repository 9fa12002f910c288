import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openFilesMax } from '../open-files.ts';
import type { Peer, Task } from './peer.ts';

/** A bare reverse proxy: keep-alive on both sides, the prefix stripped, nothing else. */
export const nginxMinimal: Peer = {
  id: 'nginx-min',
  title: 'nginx minimal',
  full: false,
  prepare: (task) =>
    start(
      task,
      `upstream app { ${servers(task.backends.slice(0, 1), '')} ${keepAlive(task)} }`,
      'proxy_set_header Connection "";',
    ),
};

/** nginx doing the same work as EdgeBalancer; `balance` is its directive within `upstream`. */
export function nginxFull(id: string, title: string, balance: string): Peer {
  return {
    id,
    title,
    full: true,
    prepare: (task) => {
      const upstream = `upstream app { zone app 1m; ${balance} ${servers(task.backends, ' max_fails=3 fail_timeout=5s')} ${keepAlive(task)} }`;
      return start(task, `${upstream}\n${TRACE}`, SAME_WORK);
    },
  };
}

export const nginxLeastConn = nginxFull('nginx-full', 'nginx full', 'least_conn;');

/** The same with its access log on, buffered, which is the cheapest way to write one. */
export const nginxLogged: Peer = {
  id: 'nginx-logged',
  title: 'nginx full, access log',
  full: true,
  prepare: (task) => {
    const upstream = `upstream app { zone app 1m; least_conn; ${servers(task.backends, ' max_fails=3 fail_timeout=5s')} ${keepAlive(task)} }`;
    const log = `access_log ${task.directory}/access.log combined buffer=64k flush=1s;`;
    return start(task, `${upstream}\n${TRACE}`, `${SAME_WORK}\n      ${log}`);
  },
};

/** For `tail`: balancing alone, at its defaults, as in the earlier measurements. */
export function nginxBalancing(id: string, title: string, balance: string): Peer {
  return {
    id,
    title,
    full: false,
    prepare: (task) =>
      start(
        task,
        `upstream app { zone app 1m; ${balance} ${servers(task.backends, '')} ${keepAlive(task)} }`,
        'proxy_set_header Connection "";',
      ),
  };
}

// The request id has 32 hexadecimal digits of chance: it serves as trace id, and its first half as span id.
const TRACE = `map $request_id $span { "~^(?<half>.{16})" $half; }
  map $http_traceparent $trace { "" "00-$request_id-$span-01"; default $http_traceparent; }`;

const SAME_WORK = `proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header Via "1.1 proxy";
      proxy_set_header X-Request-Id $request_id;
      proxy_set_header traceparent $trace;
      proxy_set_header Keep-Alive "";
      proxy_set_header Proxy-Connection "";
      proxy_set_header TE "";
      proxy_set_header Trailer "";
      proxy_hide_header Keep-Alive;
      proxy_hide_header Trailer;
      add_header X-Request-Id $request_id always;
      add_header Via "1.1 proxy" always;`;

function servers(backends: readonly string[], options: string): string {
  return backends.map((backend) => `server ${backend}${options};`).join(' ');
}

/** Twice the clients, or one a backend: a smaller cache would make nginx open connections anew, and look worse than it is. */
function keepAlive(task: Task): string {
  const connections = Math.max(256, 2 * Math.min(task.connectionsMax, 1024), task.backends.length);
  return `keepalive ${connections}; keepalive_requests 1000000000; keepalive_timeout 50s;`;
}

function tlsOf({ tls }: Task): string {
  if (tls === undefined) return '';
  return `ssl_certificate ${tls.cert}; ssl_certificate_key ${tls.key}; ssl_protocols TLSv1.2 TLSv1.3; ssl_session_cache shared:tls:10m;`;
}

function start(task: Task, upstream: string, directives: string): { file: string; args: string[] } {
  const file = join(task.directory, 'nginx.conf');
  const { directory } = task;
  writeFileSync(
    file,
    `daemon off;
worker_processes ${task.workers};
${process.getuid?.() === 0 ? 'user root;' : ''}
pid ${directory}/nginx.pid;
error_log stderr error;
worker_rlimit_nofile ${openFilesMax()};
events { worker_connections ${2 * task.connectionsMax + 2200}; }
http {
  access_log off;
  default_type text/plain;
  client_header_timeout 10s;
  keepalive_timeout 75s;
  keepalive_requests 1000000000;
  client_max_body_size 0;
  client_body_temp_path ${directory}/body;
  proxy_temp_path ${directory}/temp;
  fastcgi_temp_path ${directory}/fastcgi;
  uwsgi_temp_path ${directory}/uwsgi;
  scgi_temp_path ${directory}/scgi;
  ${upstream}
  server {
    listen 127.0.0.1:${task.port} backlog=4096${task.workers > 1 ? ' reuseport' : ''}${task.tls === undefined ? '' : ' ssl'};
    ${tlsOf(task)}
    location /proxy/ {
      proxy_pass http://app/;
      proxy_http_version 1.1;
      proxy_request_buffering off;
      proxy_max_temp_file_size 0;
      ${directives}
    }
  }
  server {
    listen 127.0.0.1:${task.adminPort};
    location = /status { stub_status; }
  }
}
`,
  );
  return { file: 'nginx', args: ['-p', directory, '-c', file] };
}
