/** Recorded requests that never change, for the fixed admin API. */
import type { CandidateEntry, DecisionEntry, RequestAnswer, RequestEntry, RequestsAnswer } from '#contract/requests.ts';

const entry: RequestEntry = {
  id: '6f2b9c0d4e8a41f7b1c35d7e9f024681',
  at: '2026-03-01T12:00:00.000Z',
  why: 'asked',
  worker: 1,
  client: '192.0.2.7',
  listener: 'public',
  route: 'app',
  method: 'GET',
  host: 'shop.example',
  target: '/proxy/basket?session=REDACTED',
  status: 200,
  reason: null,
  fault: null,
  pool: 'app',
  backend: 'b',
  durationMs: 41.7,
  queueMs: null,
  attempts: 2,
};

const candidate = (backend: string, more: Partial<CandidateEntry>): CandidateEntry => ({
  backend,
  score: 2,
  inFlight: 2,
  weight: 1,
  drawn: false,
  chosen: false,
  inputs: {},
  ...more,
});

const decision: DecisionEntry = {
  strategy: 'least-connections',
  params: {},
  way: 'strategy',
  says: 'chosen by the strategy among all candidates',
  score: 'in flight per weight',
  wins: 'least',
  chosen: 'a',
  panic: false,
  lastResort: false,
  candidates: [
    candidate('a', { score: 1, inFlight: 1, chosen: true }),
    candidate('b', { score: 1.5, inFlight: 3, weight: 2 }),
  ],
  moreCandidates: 0,
  excluded: [{ backend: 'c', why: 'unhealthy', says: 'its probes fail' }],
  moreExcluded: 0,
  draws: [],
  key: null,
  state: { cursor: 1202 },
  reproduced: true,
};

export const REQUEST: RequestAnswer = {
  ...entry,
  protocol: 'HTTP/1.1',
  userAgent: 'curl/8.5.0',
  traceId: '0af7651916cd43dd8448eb211c80319c',
  bytesIn: 412,
  bytesOut: 1893,
  attempts: [
    {
      backend: 'a',
      reason: 'first',
      outcome: 'gateway-error',
      status: 503,
      startMs: 0.08,
      backoffMs: null,
      connectMs: null,
      firstByteMs: 3.1,
      ms: 3.2,
      decision,
    },
    {
      backend: 'b',
      reason: 'failover',
      outcome: 'success',
      status: 200,
      startMs: 21.4,
      backoffMs: 18.1,
      connectMs: 0.6,
      firstByteMs: 19.8,
      ms: 20.3,
      decision: {
        ...decision,
        way: 'among',
        says: 'chosen by the strategy among those that were left',
        chosen: 'b',
        candidates: [
          candidate('a', { score: 1, inFlight: 1 }),
          candidate('b', { score: 1.5, inFlight: 3, weight: 2, chosen: true }),
        ],
        excluded: [...decision.excluded, { backend: 'a', why: 'tried', says: 'this request was tried there' }],
      },
    },
  ],
  moreAttempts: 0,
  refused: null,
  missingWorkers: [],
};

export const REQUESTS: RequestsAnswer = {
  list: 'recent',
  sample: 0.01,
  requests: [
    entry,
    {
      ...entry,
      id: '6f2b9c0d4e8a41f7b1c35d7e9f024612',
      at: '2026-03-01T11:59:58.410Z',
      why: 'failed',
      target: '/proxy/',
      status: 503,
      reason: 'no-backend',
      fault: 'no-backend',
      backend: '',
      durationMs: 0.1,
      attempts: 0,
    },
  ],
  missingWorkers: [],
};
