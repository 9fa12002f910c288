/** The whole configuration. One source of truth: what is read, its defaults, the messages, the JSON Schema. */
import { z } from 'zod';
import { count, section } from './fields.ts';
import { admin, copilot, cost, log, overload, rateLimits, requests, state, tracing } from './schema-control.ts';
import { listener } from './schema-listeners.ts';
import { pool } from './schema-pools.ts';
import { route, type ReadRoute } from './schema-routes.ts';

/** More threads than this on one machine gain nothing. */
const WORKERS_MAX = 256;

export const configSchema = section({
  workers: z
    .union([z.literal('auto'), count(1, WORKERS_MAX)], {
      error: `expected \`auto\` or a number from 1 to ${WORKERS_MAX}`,
    })
    .default('auto')
    .meta({ description: "Data-plane threads; auto: usable CPUs, the container's quota included" }),
  engine: z.enum(['auto', 'net', 'io_uring']).default('auto').meta({ description: 'How sockets are spoken to' }),
  listeners: z.array(listener).min(1).max(64).prefault([{}]).meta({ description: 'Where clients come in' }),
  routes: z.array(route).min(1).optional().meta({
    description:
      'Which requests go where; the first that matches wins. When left out: `/proxy/` to the only pool, the rest to the control plane',
  }),
  pools: z.record(z.string(), pool).meta({ description: 'Sets of backends, by name' }),
  rateLimits,
  overload: overload
    .nullable()
    .prefault({})
    .meta({ description: 'When the process itself has too much to do; null: nothing is refused for that' }),
  state: state.prefault({}).meta({ description: 'What is kept' }),
  admin: admin.prefault({}).meta({ description: 'The control plane' }),
  log: log.prefault({}).meta({ description: 'Logs' }),
  requests: requests
    .nullable()
    .prefault({})
    .meta({ description: 'Which requests are recorded, to be explained later; null: none' }),
  tracing: tracing.prefault({}).meta({ description: 'Traces' }),
  cost: cost.prefault({}).meta({ description: 'What the cost estimate assumes' }),
  copilot: copilot.prefault({}).meta({ description: 'Who answers questions' }),
});

/** What is read from a file, before routes are worked out. */
export type ReadConfig = z.output<typeof configSchema>;

export type PoolConfig = z.output<typeof pool>;
export type ListenerConfig = z.output<typeof listener>;
export type RouteConfig = Omit<ReadRoute, 'rateLimits'> & { readonly rateLimits: readonly string[] };

/** A configuration that may be compiled: checked across its parts, routes and rate limits worked out. */
export type Config = Omit<ReadConfig, 'routes'> & { readonly routes: readonly RouteConfig[] };
