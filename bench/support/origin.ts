import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LOAD_CORE, startChild, type Child } from './children.ts';
import { freePort } from './ports.ts';
import { makeDirectory } from './places.ts';
import { awaitAnswer } from './probe.ts';

/** A cheap origin: one nginx process answering 2 bytes from memory, on the load's core. */
export interface Origin {
  /** `host:port` of each backend. */
  readonly backends: readonly string[];
  readonly child: Child;
}

/** What the origin saw of a request, one `name=value` a line, on `/show`. */
const SHOWN = {
  target: '$request_uri',
  'x-forwarded-for': '$http_x_forwarded_for',
  'x-forwarded-proto': '$http_x_forwarded_proto',
  'x-forwarded-host': '$http_x_forwarded_host',
  via: '$http_via',
  'x-request-id': '$http_x_request_id',
  traceparent: '$http_traceparent',
  'keep-alive': '$http_keep_alive',
  'proxy-connection': '$http_proxy_connection',
  'x-named': '$http_x_named',
};

/**
 * Starts the origin with `count` backends: addresses 127.1.x.y that share one port, so that a thousand of them need
 * neither a thousand ports nor a thousand processes.
 */
export async function startOrigin(count: number): Promise<Origin> {
  const directory = makeDirectory('origin');
  const port = await freePort();
  const backends = Array.from({ length: count }, (_, at) => `127.1.${at >> 7}.${(at & 127) + 1}:${port}`);
  const file = join(directory, 'nginx.conf');
  writeFileSync(file, configuration(backends, directory));
  const child = startChild({ file: 'nginx', args: ['-p', directory, '-c', file] }, directory, LOAD_CORE);
  const [host] = backends[count - 1]!.split(':') as [string];
  await awaitAnswer({ host, port, path: '/', child, what: 'the origin' });
  return { backends, child };
}

function configuration(backends: readonly string[], directory: string): string {
  const shown = Object.entries(SHOWN).map(([name, variable]) => `${name}=${variable}`);
  return `daemon off;
worker_processes 1;
${process.getuid?.() === 0 ? 'user root;' : ''}
pid ${directory}/nginx.pid;
error_log stderr error;
events { worker_connections 16384; }
http {
  access_log off;
  server_tokens off;
  default_type text/plain;
  keepalive_timeout 1h;
  keepalive_requests 1000000000;
  client_body_temp_path ${directory}/body;
  proxy_temp_path ${directory}/proxy;
  fastcgi_temp_path ${directory}/fastcgi;
  uwsgi_temp_path ${directory}/uwsgi;
  scgi_temp_path ${directory}/scgi;
  server {
    ${backends.map((backend) => `listen ${backend} backlog=4096;`).join('\n    ')}
    location / { return 200 "ok"; }
    location = /show { return 200 "${shown.join('\n')}\n"; }
  }
}
`;
}
