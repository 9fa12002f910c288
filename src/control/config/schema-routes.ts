/** Routes: which requests go where. The first that matches wins. */
import { z } from 'zod';
import { duration, fieldName, fieldValue, method, name, section, share } from './fields.ts';
import { readHostPattern, readPathPattern, readStripPrefix } from './patterns.ts';

function pattern<T>(read: (raw: string) => { readonly value: T } | { readonly problem: string }) {
  return z.string().transform((raw, context): T => {
    const reading = read(raw);
    if ('value' in reading) return reading.value;
    context.addIssue({ code: 'custom', message: reading.problem, input: raw });
    return z.NEVER;
  });
}

/** One try's default bound. */
const PER_TRY_MS = 5000;

const match = section({
  hosts: z
    .array(pattern(readHostPattern))
    .max(1000)
    .prefault([])
    .meta({
      description: 'Any of these: exact, or `*.example.com` for one label or more in front; empty: any host',
      samples: [['example.com', '*.example.com']],
    }),
  path: pattern(readPathPattern)
    .prefault('/')
    .meta({
      description: 'A prefix that ends on a segment border, or `=/x` for exactly this path',
      samples: ['/proxy/', '=/favicon.ico'],
    }),
  methods: z
    .array(method())
    .max(50)
    .prefault([])
    .meta({ description: 'Any of these; empty: any method', samples: [['GET', 'HEAD']] }),
  headers: z
    .record(
      z.string(),
      z.union([fieldValue(), z.literal(true)], { error: 'expected the exact value as text, or `true` for any value' }),
    )
    .prefault({})
    .meta({ description: 'All of these: the exact value, or `true` for any value', samples: [{ 'x-canary': true }] }),
});

const edits = (what: string) =>
  section({
    set: z
      .record(z.string(), fieldValue())
      .prefault({})
      .meta({ description: 'Replace these fields, or add them where they are missing' }),
    add: z
      .record(z.string(), fieldValue())
      .prefault({})
      .meta({ description: 'Add these fields beside those that are there' }),
    remove: z.array(fieldName()).max(100).prefault([]).meta({ description: 'Take these fields away' }),
  })
    .prefault({})
    .meta({ description: `Edits of the ${what} head` });

const poolName = (what: string) => z.string().min(1).meta({ description: what });

export const route = section({
  name: name().meta({ description: 'Its name in metrics and logs; counts are kept over reloads by it' }),
  match: match.prefault({}).meta({ description: 'Which requests it takes: all of these must hold' }),
  stripPrefix: pattern(readStripPrefix)
    .nullable()
    .default('')
    .transform((prefix) => prefix ?? '')
    .meta({ description: 'Taken off the front of the path before the request is forwarded', samples: ['/proxy'] }),
  pool: poolName('Where its requests go').optional(),
  split: z
    .array(
      section({
        pool: poolName('A pool'),
        weight: z.number().min(0).max(1_000_000).meta({ description: 'Its part of the requests, beside the others' }),
      }),
    )
    .min(1)
    .max(32)
    .optional()
    .meta({ description: 'Several pools by weight, in place of `pool`' }),
  controlPlane: z
    .boolean()
    .default(false)
    .meta({ description: 'Answer with the dashboard, /admin/* and /metrics, in place of `pool`' }),
  rateLimits: z.array(z.string().min(1)).max(16).optional().meta({
    description: 'Rate limits that its requests must pass; `per-client` unless the route is of the control plane',
  }),
  timeouts: section({
    total: duration({ min: 1, orNone: true })
      .prefault('15s')
      .meta({ description: "Until the final answer's head, retries included; 0: no limit" }),
    perTry: duration({ min: 1, orNone: true })
      .optional()
      .meta({ description: 'The same for one try: 5s, or `total` where that is less; 0: no limit of its own' }),
  })
    .transform(({ total, perTry }) => ({
      total,
      perTry: perTry ?? (total === 0 ? PER_TRY_MS : Math.min(PER_TRY_MS, total)),
    }))
    .prefault({})
    .meta({ description: 'How long an answer may take to begin; the pool bounds silence inside bodies' }),
  mirror: section({
    pool: poolName('Gets a copy of requests'),
    share: share().prefault('100%').meta({ description: 'How many of them' }),
  })
    .nullable()
    .default(null)
    .meta({ description: 'Copies of requests, whose answers are dropped' }),
  headers: section({ request: edits('request'), response: edits('response') })
    .prefault({})
    .meta({ description: 'Edits of heads, in the order remove, set, add' }),
});

export type ReadRoute = z.output<typeof route>;
