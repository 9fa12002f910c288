/** Pools: named sets of backends, and how they are watched, chosen and spared. */
import { z } from 'zod';
import { ADMIN_STATE_NAMES as BACKEND_ADMIN_STATES } from '#core/health-state.ts';
import { STREAK_MAX, TRIALS_MAX } from '#core/health/circuit.ts';
import { backendId, backendUrl, count, duration, method, section, share, size } from './fields.ts';
import { health } from './schema-health.ts';
import { discovery } from './schema-discovery.ts';
import { strategy } from './schema-strategy.ts';

const backendSection = section({
  id: backendId()
    .optional()
    .meta({ description: 'Its name in metrics, logs and the admin API; `host:port` when not given' }),
  url: backendUrl().meta({
    description: 'Where it is',
    samples: ['http://10.0.0.11:3000', 'http://[::1]:3000', 'unix:/run/app.sock'],
  }),
  weight: z
    .number()
    .min(0)
    .max(1000)
    .default(1)
    .meta({ description: 'Its part of the requests, beside the others; 0: none' }),
  tier: count(0, 15)
    .default(0)
    .meta({ description: 'Tier 1 takes over when no backend of tier 0 can serve, and so on' }),
  state: z.enum(BACKEND_ADMIN_STATES).default('active').meta({
    description:
      'draining: it gets no new requests, and those that run end; maintenance: the same, on purpose and for longer',
  }),
});

/** A backend may be its URL alone. */
export const backend = z
  .preprocess((raw) => (typeof raw === 'string' ? { url: raw } : raw), backendSection)
  .meta({ orUrl: true });

/** A circuit that stays open for longer is a job for an operator. */
const CIRCUIT_OPEN_MS_MAX = 3_600_000;

const circuit = section({
  consecutiveFailures: count(1, STREAK_MAX).default(5).meta({ description: 'Failures in a row that open it' }),
  failureRatio: share().prefault('50%').meta({ description: 'Share of failures in the window that opens it' }),
  minRequests: count(1, 1_000_000)
    .default(20)
    .meta({ description: 'Requests in the window below which the share says nothing' }),
  window: duration({ min: 100 }).prefault('10s').meta({ description: 'The time looked back on' }),
  outlier: z.boolean().default(true).meta({ description: 'Also eject backends that do much worse than the others' }),
  openFor: duration({ min: 10, max: CIRCUIT_OPEN_MS_MAX })
    .prefault('1s')
    .meta({ description: 'First wait before a trial; doubles each time' }),
  maxOpenFor: duration({ min: 10, max: CIRCUIT_OPEN_MS_MAX })
    .prefault('30s')
    .meta({ description: 'Longest wait before a trial' }),
  trials: count(1, TRIALS_MAX)
    .default(1)
    .meta({ description: 'Successful trials that close it, and trials that may go on at one time' }),
  maxOpen: share().prefault('50%').meta({ description: 'Share of the pool that may be open at one time' }),
});

const retry = section({
  attempts: count(0, 10).default(1).meta({ description: 'Tries after the first' }),
  on: z
    .array(
      z.union([z.enum(['connect-failure', 'reset', 'timeout', 'invalid-response']), count(400, 599)], {
        error: 'expected `connect-failure`, `reset`, `timeout`, `invalid-response` or a status from 400 to 599',
      }),
    )
    .max(50)
    .default(['connect-failure', 'reset', 'timeout', 'invalid-response', 502, 503, 504])
    .meta({ description: 'What is tried again' }),
  methods: z
    .array(method())
    .max(50)
    .default(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])
    .meta({ description: 'Methods that may be tried again' }),
  backoff: section({
    base: duration().prefault('25ms').meta({ description: 'First wait; doubles each time' }),
    max: duration().prefault('250ms').meta({ description: 'Longest wait' }),
  })
    .prefault({})
    .meta({ description: 'Waits between tries' }),
  budget: section({
    share: share().prefault('20%').meta({ description: 'Retries beside first tries, at most' }),
    minPerSecond: z
      .number()
      .min(0)
      .max(1_000_000)
      .default(10)
      .meta({ description: 'Retries a second that are always allowed' }),
  })
    .prefault({})
    .meta({ description: 'What all retries of the pool together may cost' }),
  bodyBytes: size({ min: 0, max: 64 * 1024 ** 2 })
    .prefault('64KiB')
    .meta({ description: 'Longest request body that is kept for another try; what frames chunks does not count' }),
});

const hedge = section({
  after: z
    .union([z.literal(['p50', 'p90', 'p95', 'p99']), duration({ min: 1 })], {
      error: 'expected `p50`, `p90`, `p95`, `p99` or a duration such as `50ms`',
    })
    .prefault('p95')
    .meta({ description: 'When a second backend is asked too' }),
  budget: share().prefault('5%').meta({ description: 'Share of requests that may be asked twice' }),
});

const timeouts = section({
  connect: duration({ min: 1 }).prefault('2s').meta({ description: 'Until a connection stands' }),
  firstByte: duration({ min: 1, orNone: true })
    .prefault('15s')
    .meta({ description: "From the request's last byte to the answer's first; 0: no limit" }),
  idle: duration({ min: 10 })
    .prefault('50s')
    .meta({ description: "How long an unused connection is kept; keep it below the backends' own keep-alive time" }),
  body: duration({ min: 10, orNone: true })
    .prefault('60s')
    .meta({ description: 'The longest silence inside a response body; 0: no limit' }),
  tunnel: duration({ min: 10, orNone: true })
    .prefault('1h')
    .meta({ description: 'The longest silence in an upgraded connection (WebSocket); 0: no limit' }),
});

const limits = section({
  inFlight: count(1, 1_000_000)
    .default(1024)
    .meta({ description: 'Requests at one backend at one time, all workers together' }),
  queue: count(0, 1_000_000).default(0).meta({ description: 'Requests that may wait for the pool' }),
  queueTimeout: duration({ min: 1 }).prefault('1s').meta({ description: 'How long they may wait' }),
});

const tls = section({
  ca: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .meta({ description: "PEM file with the authority of the backends' certificates" }),
  serverName: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .meta({ description: 'The name that is asked for and verified' }),
  cert: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .meta({ description: 'PEM file with the certificate shown to backends' }),
  key: z.string().min(1).nullable().default(null).meta({ description: 'PEM file with its private key' }),
});

export const pool = section({
  strategy,
  backends: z.array(backend).max(8192).prefault([]).meta({ description: 'The backends' }),
  discovery: discovery.nullable().default(null).meta({ description: 'Where more backends are found' }),
  health: health
    .nullable()
    .prefault({})
    .meta({ description: 'Active probes; null: none, every backend counts as healthy' }),
  circuit: circuit.nullable().prefault({}).meta({ description: 'Takes backends out that fail requests; null: none' }),
  panicThreshold: share()
    .prefault('50%')
    .meta({ description: 'Below this share of eligible backends, use all that are not down by probe' }),
  slowStart: duration({ orNone: true })
    .nullable()
    .prefault('30s')
    .meta({ description: 'How long a backend that came back takes to reach its full weight; null or 0: at once' }),
  retry: retry
    .nullable()
    .prefault({})
    .meta({ description: 'Failed attempts are tried at another backend; null: never' }),
  hedge: hedge.nullable().default(null).meta({ description: 'Slow attempts are doubled; null: never' }),
  timeouts: timeouts.prefault({}).meta({ description: 'How long backends may take' }),
  limits: limits.prefault({}).meta({ description: 'What backends take at most' }),
  concurrency: section({
    algorithm: z
      .enum(['gradient', 'vegas', 'aimd'])
      .default('gradient')
      .meta({ description: 'How the limit is found' }),
  })
    .nullable()
    .default(null)
    .meta({ description: 'A limit of requests in flight that finds itself; null: none' }),
  tls: tls.nullable().default(null).meta({ description: 'TLS to the backends; null: none' }),
  http2: z.boolean().default(false).meta({ description: 'HTTP/2 to the backends' }),
  sticky: section({
    cookie: z
      .string()
      .regex(/^[\w!#$%&'*+.^`|~-]+$/, { error: 'expected the name of a cookie' })
      .default('eb_backend')
      .meta({ description: 'Its name' }),
    ttl: duration({ min: 1000 }).prefault('1h').meta({ description: 'How long a client keeps its backend' }),
  })
    .nullable()
    .default(null)
    .meta({ description: 'Clients stay at one backend by a cookie; null: no' }),
});
