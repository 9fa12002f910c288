/** Active probes of a pool's backends. */
import { z } from 'zod';
import { count, duration, method, section, share, statusSet } from './fields.ts';

/** A probe's default bound. */
const PROBE_TIMEOUT_MS = 2000;

export const health = section({
  tcp: z.boolean().default(false).meta({ description: 'A connection that stands is enough' }),
  grpc: z.boolean().default(false).meta({ description: 'Ask the gRPC health service' }),
  path: z
    .string()
    .regex(/^\/[\x21-\x22\x24-\x7e]*$/, { error: 'a probe path begins with `/` and holds no spaces' })
    .default('/healthz')
    .meta({ description: 'What is asked for' }),
  method: method().default('GET').meta({ description: 'The method of the request' }),
  host: z
    .string()
    .regex(/^[A-Za-z0-9._:[\]-]{1,255}$/, { error: 'expected a host, such as `app.internal`' })
    .nullable()
    .default(null)
    .meta({ description: "The Host field; null: the backend's own host and port" }),
  interval: duration({ min: 100 }).prefault('5s').meta({ description: 'Time between two probes of a backend' }),
  timeout: duration({ min: 10 })
    .optional()
    .meta({ description: 'How long a probe may take: 2s, or `interval` where that is less' }),
  unhealthyAfter: count(1, 100).default(3).meta({ description: 'Failed probes in a row that take a backend out' }),
  healthyAfter: count(1, 100).default(2).meta({ description: 'Good probes in a row that bring it back' }),
  status: statusSet()
    .prefault('200-399')
    .meta({ description: 'Statuses that count as good', samples: ['200-399', '200,204'] }),
  body: z
    .string()
    .min(1)
    .max(1024)
    .nullable()
    .default(null)
    .meta({ description: 'Text that the body must hold; null: not looked at' }),
  jitter: share().prefault('20%').meta({ description: 'Share of the interval by which each wait is spread' }),
}).transform((given) => ({ ...given, timeout: given.timeout ?? Math.min(PROBE_TIMEOUT_MS, given.interval) }));
