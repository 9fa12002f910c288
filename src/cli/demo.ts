/** `edgebalancer demo`, which is what `npm start` runs: a balancer with something in front of it and behind it. */
import { once } from 'node:events';
import { styleText } from 'node:util';
import { Worker } from 'node:worker_threads';
import { warmWorker } from '#supervisor/warm-worker.ts';
import { buildDashboard, type DashboardBuild } from './demo/dashboard-build.ts';
import type { FromDemo, ToDemo } from './demo/thread.ts';

export interface DemoOptions {
  readonly config?: string;
  readonly port?: number;
}

const DEFAULT_PORT = 8080;
/** The demo's own requests are over within a moment; nobody waits for more. */
const GRACE_MS = 2_000;

export async function demo({ config, port }: DemoOptions): Promise<number> {
  if (config !== undefined) {
    if (port === undefined) return runFile(config);
    process.stderr.write('--port is for the demo; with --config, the file says where to listen (listeners).\n');
    return 1;
  }
  const thread = new Worker(new URL('demo/thread.ts', import.meta.url), { name: 'demo' });
  const ready = once(thread, 'message') as Promise<[FromDemo]>;
  const warm = warmWorker();
  const dashboard = buildDashboard();
  try {
    return await runDemo(thread, ready, warm.spawn, dashboard, port ?? DEFAULT_PORT);
  } finally {
    dashboard.stop();
    warm.dispose();
    await thread.terminate();
  }
}

/** A configuration of one's own: as `run`, with the dashboard of this checkout. */
async function runFile(config: string): Promise<number> {
  const dashboard = buildDashboard();
  let stopping = false;
  void dashboard.done.then((failed) => failed !== null && !stopping && process.stderr.write(`${failed}\n`));
  try {
    return await (await import('./run.ts')).run(config);
  } finally {
    stopping = true;
    dashboard.stop();
  }
}

async function runDemo(
  thread: Worker,
  ready: Promise<[FromDemo]>,
  spawn: ReturnType<typeof warmWorker>['spawn'],
  dashboard: DashboardBuild,
  port: number,
): Promise<number> {
  const [{ draftOf }, { Supervisor }, { textLog }, { serve }, { version }] = await Promise.all([
    import('#supervisor/file-source.ts'),
    import('#supervisor/supervisor.ts'),
    import('./log.ts'),
    import('./serve.ts'),
    import('./version.ts'),
  ]);
  const [backends] = await ready;
  const { draft, problems } = await draftOf(JSON.stringify(demoConfig(port, backends), null, 2), 'demo', {});
  if (draft === null) throw new Error(`the demo's own configuration is not valid: ${problems.join('; ')}`);
  const log = textLog(process.stdout, { current: 'info' });
  const supervisor = new Supervisor({ draft, env: process.env, log, version, spawn });
  const tell = (message: ToDemo): void => thread.postMessage(message);
  let stopping = false;
  return serve(supervisor, log, {
    graceMs: GRACE_MS,
    // The terminal is gone, and with it whoever looked.
    hangup: 'stop',
    hint: `To choose another for the demo: npm start -- --port ${port === DEFAULT_PORT ? 8081 : port + 1}`,
    onStart: () => {
      const bound = supervisor.ports['demo'] ?? port;
      tell({ type: 'traffic', port: bound });
      // Whoever follows the link at once is to find what it promises.
      void dashboard.done.then((failed) => {
        if (!stopping) process.stdout.write(welcome(`http://127.0.0.1:${bound}`, failed));
      });
    },
    onStop: () => {
      stopping = true;
      dashboard.stop();
      tell({ type: 'quiet' });
    },
  });
}

/** As a file would say it. The admin API is reached through the listener, so that one port is enough. */
export function demoConfig(port: number, backends: FromDemo): object {
  const route = (name: string, path: string): object => ({ name, match: { path }, stripPrefix: '/proxy', pool: 'app' });
  return {
    listeners: [{ name: 'demo', address: `127.0.0.1:${port}` }],
    // Nothing of a demo is worth keeping, and whoever is on this machine may look.
    state: { dir: null },
    admin: { address: null, publicRead: true },
    // The terminal is for the reader's eyes.
    log: { access: null },
    routes: [
      route('orders', '/proxy/orders'),
      route('search', '/proxy/search'),
      route('users', '/proxy/users'),
      route('app', '/proxy/'),
      { name: 'control', match: { path: '/' }, controlPlane: true },
    ],
    pools: {
      app: {
        backends: Object.entries(backends).map(([id, at]) => ({ id, url: `http://127.0.0.1:${at}` })),
        health: { path: '/healthz', interval: '1s', timeout: '500ms', unhealthyAfter: 2, healthyAfter: 2 },
        slowStart: '10s',
      },
    },
  };
}

/** `failed`: why there is no dashboard; null: there is one. */
function welcome(url: string, failed: string | null): string {
  const strong = (text: string): string => styleText('bold', text);
  const apology =
    failed === null ? '' : `\n${failed}\nUntil it can be, an older one, or else the status page, stands in for it.\n`;
  const given = (process.env['EDGEBALANCER_ADMIN_TOKEN'] ?? '') !== '';
  const token = given ? 'the token in EDGEBALANCER_ADMIN_TOKEN' : 'the token above';
  return `${apology}
${strong('EdgeBalancer')} runs in front of four small backends: fast, medium, slow, and moody, which fails for
12 seconds every minute. About twenty requests a second go through it.

  ${strong('Dashboard')}     ${url}/
  ${strong('As data')}       ${url}/admin/metrics  ${url}/admin/backends  ${url}/metrics

${strong('Try it')}
  curl -i ${url}/proxy/hello
  curl -s ${url}/proxy/hello -d 'some=data'
  for i in 1 2 3 4 5 6 7 8; do curl -s ${url}/proxy/hello; done
  npm run -s edgebalancer backends -- --admin ${url}

${strong('Change something')} on the page, once you are signed in; or in another terminal, with ${token}:
  export EDGEBALANCER_ADMIN=${url} EDGEBALANCER_TOKEN=eb_…
  npm run -s edgebalancer backends drain app slow      shows what would change, and asks
  npm run -s edgebalancer strategy app least-connections
  npm run -s edgebalancer config rollback              takes the last change back
  npm run -s edgebalancer top                          live, with keys for all of it

${strong('Look at')} how the fast backend gets the most requests, and how moody turns unhealthy within two seconds of
failing, gets nothing, and comes back little by little.

Ctrl-C stops everything. A configuration of your own: npm start -- --config FILE

`;
}
