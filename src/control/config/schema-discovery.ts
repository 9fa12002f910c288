/** Where a pool finds backends that the file does not list. Exactly one source. */
import { z } from 'zod';
import { ADMIN_STATE_NAMES } from '#core/health-state.ts';
import { backendId, count, duration, section } from './fields.ts';

export const DISCOVERY_SOURCES = ['dns', 'srv', 'file', 'ecs', 'cloudMap', 'kubernetes'] as const;
/** Backends that are changed by hand are few: whoever wants thousands different tells the source. */
const OVERRIDES_MAX = 1000;

const hostName = () =>
  z.string().regex(/^[A-Za-z0-9_]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?\.?$/, {
    error: 'expected a DNS name, such as `app.internal`',
  });
const interval = () => duration({ min: 1000 }).prefault('10s').meta({ description: 'Time between two looks' });

const server = () =>
  z
    .string()
    .regex(/^(\d{1,3}(\.\d{1,3}){3}|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?$/, {
      error: 'expected the address of a DNS server, such as `10.0.0.2:53` or `[fd00::2]:53`',
    })
    .nullable()
    .default(null)
    .meta({ description: 'The DNS server to ask; null: as the system says' });
const region = () =>
  z.string().min(1).max(40).nullable().default(null).meta({ description: 'null: as the environment says' });

export const discovery = section({
  dns: section({
    name: hostName().meta({ description: 'A name with A or AAAA records' }),
    port: count(1, 65_535).meta({ description: 'The port of every backend' }),
    server: server(),
    interval: interval(),
  })
    .optional()
    .meta({ description: 'A and AAAA records, a backend for each address' }),
  srv: section({
    name: hostName().meta({ description: 'A name with SRV records' }),
    server: server(),
    interval: interval(),
  })
    .optional()
    .meta({ description: 'SRV records, with their ports and weights; priorities are tiers' }),
  file: section({
    path: z.string().min(1).meta({ description: 'A YAML or JSON list of backends' }),
    interval: interval(),
  })
    .optional()
    .meta({ description: 'A file that is watched' }),
  ecs: section({
    cluster: z.string().min(1).meta({ description: 'The cluster' }),
    service: z.string().min(1).meta({ description: 'The service whose tasks are the backends' }),
    port: count(1, 65_535).meta({ description: 'The port of every task' }),
    region: region(),
    interval: interval(),
  })
    .optional()
    .meta({ description: 'Tasks of an Amazon ECS service' }),
  cloudMap: section({
    namespace: z.string().min(1).max(1024).meta({ description: 'The namespace' }),
    service: z.string().min(1).max(1024).meta({ description: 'The service whose instances are the backends' }),
    port: count(1, 65_535).nullable().default(null).meta({ description: 'Of instances that register none' }),
    region: region(),
    interval: interval(),
  })
    .optional()
    .meta({ description: 'Instances of an AWS Cloud Map service' }),
  kubernetes: section({
    namespace: z.string().min(1).default('default').meta({ description: 'The namespace' }),
    service: z.string().min(1).meta({ description: 'The service whose endpoints are the backends' }),
    port: z
      .union([z.string().min(1), count(1, 65_535)], { error: 'expected a port, by number or name' })
      .meta({ description: 'By number or name' }),
    interval: interval(),
  })
    .optional()
    .meta({ description: 'Endpoints of a Kubernetes service' }),
  keepFor: duration({ min: 1000, orNone: true }).prefault('10m').meta({
    description: 'How long the last good answer is used while the source fails or finds nothing; 0: for good',
  }),
  overrides: z
    .record(
      backendId(),
      section({
        weight: z.number().min(0).max(1000).optional().meta({ description: 'Instead of the one found' }),
        tier: count(0, 15).optional().meta({ description: 'Instead of the one found' }),
        state: z.enum(ADMIN_STATE_NAMES).optional().meta({ description: 'Instead of `active`' }),
      }),
    )
    .default({})
    .meta({ description: 'What operators have set of backends that were found, by id' }),
}).superRefine((value, context) => {
  if (Object.keys(value.overrides).length > OVERRIDES_MAX)
    context.addIssue({ code: 'custom', path: ['overrides'], message: `names more than ${OVERRIDES_MAX} backends` });
  const named = DISCOVERY_SOURCES.filter((source) => value[source] !== undefined);
  if (named.length === 1) return;
  const message =
    named.length === 0
      ? 'names no source; write one of `dns`, `srv`, `file`, `ecs`, `cloudMap`, `kubernetes`'
      : `names ${named.length} sources (${named.join(', ')}); keep one`;
  context.addIssue({ code: 'custom', message });
});
