import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Peer } from './peer.ts';

/** Caddy's reverse proxy with the same policy and active checks; it adds X-Forwarded-* by itself. */
export const caddy: Peer = caddyBalancing('caddy', 'Caddy', 'least_conn', true);

export function caddyBalancing(id: string, title: string, policy: string, checks: boolean): Peer {
  return {
    id,
    title,
    full: false,
    prepare: (task) => {
      const file = join(task.directory, 'Caddyfile');
      const health = checks ? 'health_uri /healthz\n      health_interval 5s\n      health_timeout 2s' : '';
      writeFileSync(
        file,
        `{
  admin off
  auto_https off
}
http://:${task.port} {
  bind 127.0.0.1
  handle_path /proxy/* {
    reverse_proxy ${task.backends.join(' ')} {
      lb_policy ${policy}
      ${health}
      transport http {
        keepalive 75s
        keepalive_idle_conns ${Math.max(2048, 2 * task.connectionsMax)}
        keepalive_idle_conns_per_host ${Math.max(2048, 2 * task.connectionsMax)}
      }
    }
  }
}
`,
      );
      const env = { XDG_DATA_HOME: task.directory, XDG_CONFIG_HOME: task.directory, GOMAXPROCS: String(task.workers) };
      return { file: 'caddy', args: ['run', '--config', file, '--adapter', 'caddyfile'], env };
    },
  };
}
