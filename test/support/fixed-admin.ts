/** An admin API whose answers never change, for what is written down word for word: figures of a real one move. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import type { BackendEntry, BackendsAnswer, MetricsAnswer, OverviewAnswer, StrategyAnswer } from '#contract/admin.ts';
import type { ChangeAnswer, RevisionEntry, TokenCreatedAnswer, TokenEntry } from '#contract/control.ts';
import type { CostAnswer } from '#contract/cost.ts';
import { COPILOT, COPILOT_LINES } from './fixed-copilot.ts';
import { REPLICAS } from './fixed-replicas.ts';
import { REQUEST, REQUESTS } from './fixed-requests.ts';

export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** Answers in place of the fixed ones; undefined: the fixed one. */
export type Instead = (
  asked: Asked,
) => { readonly status: number; readonly body: unknown; readonly headers?: object } | undefined;

export interface FixedAdmin {
  readonly url: string;
  readonly asked: Asked[];
}

export const ETAG = '"r7"';

export async function fixedAdmin(
  t: Pick<TestContext, 'after'>,
  instead: Instead = () => undefined,
): Promise<FixedAdmin> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    void collect(request).then((body) => {
      const one = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body };
      asked.push(one);
      const other = instead(one);
      if (other === undefined) return answer(one, response);
      response.writeHead(other.status, { 'content-type': 'application/json', ...other.headers });
      response.end(typeof other.body === 'string' ? other.body : JSON.stringify(other.body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

async function collect(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const part of request as AsyncIterable<Buffer>) text += part.toString();
  return text;
}

function answer({ method, url, headers, body }: Asked, response: ServerResponse): void {
  const path = url.split('?', 1)[0] as string;
  const send = (data: unknown, status = 200): void => {
    response.writeHead(status, { 'content-type': 'application/json', etag: ETAG }).end(JSON.stringify(data));
  };
  if (method === 'GET' && path === '/admin/config' && headers.accept === 'application/yaml') {
    response.writeHead(200, { 'content-type': 'application/yaml', etag: ETAG }).end(CONFIG_YAML);
    return;
  }
  const fixed = method === 'GET' ? READS[path] : undefined;
  if (fixed !== undefined) return send(fixed);
  if (method === 'POST' && path === '/admin/copilot') {
    response.writeHead(200, { 'content-type': 'application/x-ndjson; charset=utf-8' }).end(COPILOT_LINES);
    return;
  }
  if (path === '/admin/tokens') return send(TOKEN_CREATED, 201);
  if (path.startsWith('/admin/tokens/')) return void response.writeHead(204).end();
  const diff = diffOf(method, path, body);
  if (diff === null) {
    return send({ type: 'about:blank', title: 'Not found', status: 404, detail: 'There is nothing here.' }, 404);
  }
  const dryRun = url.endsWith('?dryRun=true');
  send({
    revision: dryRun ? 7 : 8,
    dryRun,
    changed: true,
    diff,
    warnings: [],
    obeyed: true,
    kept: true,
  } satisfies ChangeAnswer);
}

function diffOf(method: string, path: string, body: string): string[] | null {
  const [, , what = '', pool = '', id = ''] = path.split('/').map(decodeURIComponent);
  const given = (body.startsWith('{') ? JSON.parse(body) : {}) as Record<string, unknown>;
  switch (`${method} ${what}`) {
    case 'PATCH backends':
      if ('weight' in given) return [`pools.${pool}.backends.${id}.weight: 1 -> ${String(given['weight'])}`];
      return [
        `pools.${pool}.backends.${id}.state: ${given['state'] === 'active' ? 'draining' : 'active'} -> ${String(given['state'])}`,
      ];
    case 'POST backends':
      return [`pools.${String(given['pool'])}.backends.${String(given['id'])}: added (${String(given['url'])})`];
    case 'DELETE backends':
      return [`pools.${pool}.backends.${id}: removed`];
    case 'PUT strategy':
      return [`pools.app.strategy.name: adaptive -> least-connections`];
    case 'PUT config':
    case 'POST config':
      return ['pools.app.backends.b.weight: 1 -> 2', 'pools.app.timeouts.connect: 2s -> 1s'];
    default:
      return null;
  }
}

const backend = (id: string, more: Partial<BackendEntry> = {}): BackendEntry => ({
  id,
  url: `http://10.0.0.${id.charCodeAt(0) - 96}:3000`,
  weight: 1,
  effectiveWeight: 1,
  tier: 0,
  state: 'healthy',
  circuit: 'closed',
  circuitChange: null,
  inFlight: 3,
  requests: 48_211,
  failures: 2,
  share: 0.61,
  latencyMs: { p50: 11.2, p90: 27, p95: 30.5, p99: 44.1, p999: 70 },
  lastProbe: { at: '2026-03-01T12:00:00.000Z', ok: true, ms: 1.2, detail: 'status 200' },
  addresses: [],
  discovered: false,
  ...more,
});

export const BACKENDS: BackendsAnswer = {
  pools: [
    {
      name: 'app',
      strategy: 'adaptive',
      panic: false,
      discovery: null,
      backends: [
        backend('a'),
        backend('b', { share: 0.39, requests: 30_824, inFlight: 2, failures: 7, effectiveWeight: 0.45 }),
        backend('c', {
          state: 'unhealthy',
          circuit: 'open',
          share: 0,
          inFlight: 0,
          requests: 411,
          failures: 212,
          latencyMs: { p50: 15, p90: 800, p95: 900, p99: 2105, p999: 2200 },
          lastProbe: { at: '2026-03-01T12:00:00.000Z', ok: false, ms: 3, detail: 'status 503' },
        }),
      ],
    },
  ],
};

export const OVERVIEW: OverviewAnswer = {
  version: '0.1.0',
  uptime: 93_784,
  startedAt: '2026-02-28T09:56:56.000Z',
  draining: false,
  revision: 7,
  reloads: { ok: 1, failed: 0 },
  workers: [{ worker: 0, state: 'ready', engine: 'net', revision: 7, connections: 12, inFlight: 5 }],
  workerRestarts: 0,
  listeners: [{ name: 'public', address: '0.0.0.0:8080', tls: null }],
  drift: {
    file: '/etc/edgebalancer/edgebalancer.yaml',
    wins: 'live',
    diff: ['pools.app.backends.a.weight: 1 -> 2'],
    setAside: null,
    says: 'What was changed live is in force.',
  },
  totals: { requests: 79_446, inFlight: 5, connections: 12, bytesIn: 1, bytesOut: 1, backends: 3, backendsUp: 2 },
};

export const METRICS: MetricsAnswer = {
  totalRequests: 79_446,
  inFlight: 5,
  retries: 219,
  failovers: 214,
  upstreamErrors: 221,
  circuitOpens: 1,
  rateLimited: 0,
  statusClasses: { '1xx': 0, '2xx': 79_401, '3xx': 0, '4xx': 43, '5xx': 2 },
  backendSelection: { 'app/a': 48_211, 'app/b': 30_824, 'app/c': 411 },
  routes: [
    {
      route: 'app',
      method: 'GET',
      samples: 79_446,
      avgLatencyMs: 13,
      p50: 11.4,
      p90: 27.5,
      p95: 31,
      p99: 52.3,
      p999: 88,
    },
  ],
};

export const STRATEGIES: StrategyAnswer = {
  pools: { app: { name: 'adaptive', params: { explore: 0.005 } } },
  available: [
    {
      name: 'adaptive',
      summary: 'Learns how fast each backend is and how much it bears, and sends it as much.',
      bestWhen: 'backends differ, or change with time',
      params: [
        {
          name: 'explore',
          summary: 'Share of requests that look at a backend not seen lately.',
          type: 'number',
          default: 0.005,
          min: 0,
          max: 0.1,
          integer: false,
        },
      ],
    },
    {
      name: 'least-connections',
      summary: 'Picks the backend with the fewest requests in flight for its weight.',
      bestWhen: 'requests take very different times',
      params: [],
    },
  ],
};

const CONFIG_YAML = `# ours
pools:
  app:
    backends:
      - { id: a, url: "http://10.0.0.1:3000" } # the old machine
`;

const revision = (number: number, more: Partial<RevisionEntry>): RevisionEntry => ({
  revision: number,
  at: `2026-03-01T12:0${number}:00.000Z`,
  by: { name: 'ana', from: '10.1.0.9' },
  source: 'api',
  summary: 'backend app/a: weight 2',
  diff: ['pools.app.backends.a.weight: 1 -> 2'],
  inForce: false,
  ...more,
});

const token = (name: string, more: Partial<TokenEntry> = {}): TokenEntry => ({
  name,
  role: 'operator',
  kept: 'state',
  createdAt: '2026-03-01T12:00:00.000Z',
  expiresAt: null,
  lastUsedAt: '2026-03-01T12:07:00.000Z',
  ...more,
});

const TOKEN_CREATED: TokenCreatedAnswer = {
  ...token('ci', { expiresAt: '2026-05-30T12:00:00.000Z', lastUsedAt: null }),
  token: 'eb_EXAMPLE-EXAMPLE-EXAMPLE-EXAMPLE-EXAMPLE-EXA',
};

const COST: CostAnswer = {
  currency: 'USD',
  monthly: 34.65,
  perMillionRequests: 0.35,
  items: [
    { name: 'Fargate vCPU', quantity: 730, unit: 'vCPU-hour', unitPrice: 0.0247, monthly: 18.03, basis: '2 tasks.' },
    { name: 'ALB', quantity: 730, unit: 'hour', unitPrice: 0.02277, monthly: 16.62, basis: 'One.' },
  ],
  routes: [{ name: 'app', requests: 100_000_000, monthly: 34.65, perMillionRequests: 0.35 }],
  unassigned: 0,
  retries: { name: 'retries', requests: 275_000, monthly: 0.1, perMillionRequests: 0.35 },
  requests: 100_000_000,
  deployment: { tasks: 2, vcpu: 0.5, memoryGiB: 1, architecture: 'arm', zones: 2 },
  assumptions: ['A month has 730 hours.'],
  pricesAsOf: '2026-02-24',
  region: 'us-east-1',
  platform: 'aws-fargate',
};

const READS: Readonly<Record<string, unknown>> = {
  '/admin/overview': OVERVIEW,
  '/admin/backends': BACKENDS,
  '/admin/replicas': REPLICAS,
  '/admin/metrics': METRICS,
  '/admin/strategy': STRATEGIES,
  '/admin/cost': COST,
  '/admin/copilot': COPILOT,
  '/admin/requests': REQUESTS,
  [`/admin/requests/${REQUEST.id}`]: REQUEST,
  '/admin/config': {
    revision: 7,
    config: { pools: { app: { strategy: { name: 'adaptive', explore: 0.01 }, backends: [] } } },
  },
  '/admin/config/revisions': {
    revisions: [
      revision(7, { inForce: true }),
      revision(6, { source: 'rollback', summary: 'back to revision 4' }),
      revision(5, { by: { name: 'file', from: 'edgebalancer.yaml' }, source: 'file', summary: 'the file changed' }),
    ],
  },
  '/admin/tokens': {
    tokens: [token('ana'), token('grafana', { role: 'viewer', expiresAt: '2026-05-30T12:00:00.000Z' })],
  },
};
