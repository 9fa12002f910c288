/** Replicas as `GET /admin/replicas` shows them, for what is written down word for word. */
import type { OutEntry, ReplicaEntry, ReplicasAnswer } from '#contract/replicas.ts';

const noClasses = { '1xx': 0, '2xx': 0, '3xx': 0, '4xx': 0, '5xx': 0 };

const bad: OutEntry = {
  pool: 'app',
  backend: 'c',
  url: 'http://10.0.0.3:3000',
  state: 'healthy',
  circuit: 'open',
  seen: true,
};

function replica(
  at: number,
  perSecond: number,
  out: readonly OutEntry[],
  more: Partial<ReplicaEntry> = {},
): ReplicaEntry {
  return {
    id: `5f0c1d2e3a4${at}`,
    name: `edgebalancer-7d9f-${'abc'.charAt(at)}`,
    here: at === 0,
    age: at / 2,
    version: '1.0.0',
    startedAt: `2026-03-01T0${at}:30:00.000Z`,
    draining: false,
    revision: 3 + at,
    configVersion: 12,
    workers: 2,
    figures: {
      totalRequests: 100_000 * (at + 1),
      inFlight: 12 + at,
      retries: 3,
      failovers: 1,
      upstreamErrors: 40,
      circuitOpens: out.length,
      rateLimited: 0,
      statusClasses: { ...noClasses, '2xx': 100_000 * (at + 1) },
      connections: 80,
      backends: 3,
      backendsUp: 3,
      seconds: 1,
      perSecond: {
        requests: perSecond,
        retries: 0,
        failovers: 0,
        upstreamErrors: out.length / 2,
        circuitOpens: 0,
        rateLimited: 0,
        bytesIn: 0,
        bytesOut: 0,
        statusClasses: { ...noClasses, '2xx': perSecond },
      },
      latencyMs: { p50: 11, p99: 40.5 + at },
    },
    out,
    outMore: 0,
    ...more,
  };
}

export const REPLICAS: ReplicasAnswer = {
  shared: true,
  connected: true,
  replicas: [
    replica(0, 412, [bad]),
    replica(1, 405, [{ ...bad, seen: false }]),
    replica(2, 38.4, [], { draining: true }),
  ],
  totals: {
    totalRequests: 600_000,
    inFlight: 39,
    connections: 240,
    upstreamErrors: 120,
    requestsPerSecond: 855.4,
    upstreamErrorsPerSecond: 1,
  },
  out: [
    {
      pool: 'app',
      backend: 'c',
      url: 'http://10.0.0.3:3000',
      at: [
        { replica: 'edgebalancer-7d9f-a', state: 'healthy', circuit: 'open' },
        { replica: 'edgebalancer-7d9f-b', state: 'healthy', circuit: 'open' },
      ],
    },
  ],
};
