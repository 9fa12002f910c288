import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Peer, Task } from './peer.ts';

/** A bare reverse proxy: keep-alive on both sides, the prefix stripped, nothing else. */
export const haproxyMinimal: Peer = {
  id: 'haproxy-min',
  title: 'HAProxy minimal',
  full: false,
  prepare: (task) => start(task, `  ${STRIP}\n  default_backend app`, servers(task.backends.slice(0, 1), '')),
};

/** HAProxy doing the same work as EdgeBalancer. */
export const haproxyFull: Peer = {
  id: 'haproxy-full',
  title: 'HAProxy full',
  full: true,
  prepare: (task) =>
    start(
      task,
      SAME_WORK,
      `  balance leastconn\n  option httpchk GET /healthz\n${servers(task.backends, ' check inter 5s fall 3 rise 2')}`,
    ),
};

/** The same with its log of requests on, to its standard output, which is a file here. */
export const haproxyLogged: Peer = {
  id: 'haproxy-logged',
  title: 'HAProxy full, access log',
  full: true,
  prepare: (task) =>
    start(
      task,
      `  log stdout format raw local0 info\n  option httplog\n${SAME_WORK}`,
      `  balance leastconn\n  option httpchk GET /healthz\n${servers(task.backends, ' check inter 5s fall 3 rise 2')}`,
    ),
};

/** The same with its page of figures on `adminPort`, and `admin.sock` in its directory for changes. */
export const haproxyAdministered: Peer = {
  id: 'haproxy-administered',
  title: 'HAProxy full, administered',
  full: true,
  prepare: (task) =>
    start(
      task,
      SAME_WORK,
      `  balance leastconn\n  option httpchk GET /healthz\n${servers(task.backends, ' check inter 5s fall 3 rise 2')}
frontend figures
  bind 127.0.0.1:${task.adminPort}
  stats enable
  stats uri /stats
global
  stats socket ${task.directory}/admin.sock level admin`,
    ),
};

/** For `tail`: balancing alone, at its defaults (no checks, nothing ejected), as in the earlier measurements. */
export function haproxyBalancing(id: string, title: string, balance: string): Peer {
  return {
    id,
    title,
    full: false,
    prepare: (task) =>
      start(task, `  ${STRIP}\n  default_backend app`, `  balance ${balance}\n${servers(task.backends, '')}`),
  };
}

/** As `haproxyBalancing`, with what its manual offers against failing servers turned on. */
export function haproxyTuned(id: string, title: string, balance: string): Peer {
  return {
    id,
    title,
    full: false,
    prepare: (task) =>
      start(
        task,
        `  ${STRIP}\n  default_backend app`,
        `  balance ${balance}\n  option redispatch 1\n  retries 3\n  retry-on all-retryable-errors 500\n  option httpchk GET /healthz\n${servers(task.backends, ' check inter 1s observe layer7 error-limit 5 on-error mark-down')}`,
      ),
  };
}

// Without a regular expression: the seventh byte of `/proxy/…` on, query included.
const STRIP = 'http-request set-pathq %[pathq,bytes(6)]';

// The digits of the trace id are decimal ones, always eight from each draw: valid (W3C trace context), and the cheapest
// way to make one that was found; uuid with its hyphens taken out costs more.
const EIGHT_DIGITS = '%[rand(90000000),add(10000000)]';
const TRACE_ID = EIGHT_DIGITS.repeat(4);
const SPAN_ID = EIGHT_DIGITS.repeat(2);

const SAME_WORK = `  unique-id-format %{+X}o\\ %ci:%cp_%fi:%fp_%Ts_%rt:%pid
  unique-id-header X-Request-Id
  acl app path_beg /proxy/
  http-request deny deny_status 404 unless app
  option forwardfor
  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  http-request add-header Via "1.1 proxy"
  http-request set-header traceparent 00-${TRACE_ID}-${SPAN_ID}-01 unless { req.hdr(traceparent) -m found }
  http-request del-header Keep-Alive
  http-request del-header Proxy-Connection
  http-request del-header TE
  http-request del-header Trailer
  ${STRIP}
  http-response del-header Keep-Alive
  http-response del-header Trailer
  http-response add-header Via "1.1 proxy"
  http-response set-header X-Request-Id %[unique-id]
  use_backend app if TRUE`;

function servers(backends: readonly string[], options: string): string {
  return backends.map((backend, at) => `  server b${at} ${backend}${options}`).join('\n');
}

function start(task: Task, frontend: string, backend: string): { file: string; args: string[] } {
  const file = join(task.directory, 'haproxy.cfg');
  // By default HAProxy closes idle backend connections once a quarter of its descriptors are in use, which at 1,000
  // clients makes it open a connection for most requests: the two ratios leave it what it needs to be at its best.
  // The machine's limit on open files may be below what HAProxy asks for: not strict, then.
  const connections = 2 * task.connectionsMax + 1000;
  writeFileSync(
    file,
    `global
  nbthread ${task.workers}
  maxconn ${connections}
  no strict-limits
  tune.pool-low-fd-ratio 80
  tune.pool-high-fd-ratio 90
  stats socket ${task.directory}/stats.sock
defaults
  mode http
  option http-keep-alive
  http-reuse always
  timeout connect 2s
  timeout client 75s
  timeout server 60s
  timeout http-request 10s
frontend public
  bind 127.0.0.1:${task.port} backlog 4096${task.tls === undefined ? '' : ` ssl crt ${task.tls.both} alpn http/1.1`}
${frontend}
backend app
${backend}
`,
  );
  return { file: 'haproxy', args: ['-db', '-f', file] };
}
