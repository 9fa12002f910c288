/** Where a pool finds backends that the file does not list. Exactly one source. */
import { z } from 'zod';
import { count, duration, section } from './fields.ts';

const hostName = () =>
  z.string().regex(/^[A-Za-z0-9_]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?\.?$/, {
    error: 'expected a DNS name, such as `app.internal`',
  });
const interval = () => duration({ min: 1000 }).prefault('10s').meta({ description: 'Time between two looks' });

export const discovery = section({
  dns: section({
    name: hostName().meta({ description: 'A name with A or AAAA records' }),
    port: count(1, 65_535).meta({ description: 'The port of every backend' }),
    interval: interval(),
  })
    .optional()
    .meta({ description: 'A and AAAA records' }),
  srv: section({ name: hostName().meta({ description: 'A name with SRV records' }), interval: interval() })
    .optional()
    .meta({ description: 'SRV records, with their ports and weights' }),
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
    region: z.string().min(1).nullable().default(null).meta({ description: 'null: as the environment says' }),
    interval: interval(),
  })
    .optional()
    .meta({ description: 'Tasks of an Amazon ECS service' }),
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
}).superRefine((value, context) => {
  const named = Object.keys(value);
  if (named.length === 1) return;
  const message =
    named.length === 0
      ? 'names no source; write one of `dns`, `srv`, `file`, `ecs`, `kubernetes`'
      : `names ${named.length} sources (${named.join(', ')}); keep one`;
  context.addIssue({ code: 'custom', message });
});
