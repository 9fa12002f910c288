/** Everything beside traffic: limits by rate, state, admin, logs, tracing, cost, copilot. */
import { z } from 'zod';
import { COPILOT_PROVIDERS } from '#contract/copilot.ts';
import { piecesOf, TEMPLATE_LENGTH_MAX, TEMPLATE_NAMES } from '#observe/access-template.ts';
import {
  count,
  duration,
  fieldName,
  fieldValue,
  listenAddress,
  memoryBound,
  name,
  rate,
  section,
  share,
} from './fields.ts';
import { suggestion } from './nearest.ts';

/** Of the rate by second, and of the burst. */
const RATE_MAX = 10_000_000;

const limitKey = z.union(
  [z.enum(['client-ip', 'global', 'route']), section({ header: fieldName() }), section({ cookie: z.string().min(1) })],
  { error: 'expected `client-ip`, `global`, `route`, `{ header: NAME }` or `{ cookie: NAME }`' },
);

const rateLimit = section({
  key: limitKey.default('client-ip').meta({ description: 'Who shares one allowance' }),
  rate: rate().meta({ description: 'How fast it refills', samples: ['100/s', '600/min'] }),
  burst: count(1, RATE_MAX).optional().meta({ description: 'How much it holds; a second of the rate when not given' }),
  dryRun: z.boolean().default(false).meta({ description: 'true: counted, never enforced' }),
})
  .superRefine(({ rate: perSecond }, context) => {
    if (perSecond <= RATE_MAX) return;
    context.addIssue({
      code: 'custom',
      path: ['rate'],
      message: `at most ${RATE_MAX}/s; whoever needs more needs no limit: write \`null\` in its place`,
    });
  })
  .transform((limit) => ({ ...limit, burst: limit.burst ?? Math.max(1, Math.ceil(limit.rate)) }));

type RateLimit = z.output<typeof rateLimit>;

/** The limit that routes name unless they say otherwise. */
export const DEFAULT_RATE_LIMIT = 'per-client';
const PER_CLIENT: RateLimit = { key: 'client-ip', rate: 100, burst: 200, dryRun: false };

export const rateLimits = z
  .record(z.string(), rateLimit.nullable())
  .prefault({})
  .transform((limits): Record<string, RateLimit | null> => ({ [DEFAULT_RATE_LIMIT]: PER_CLIENT, ...limits }))
  .meta({
    description:
      'Allowances by name. `per-client` (client-ip, 100/s, burst 200) is there unless it is set anew, or to null',
  });

export const overload = section({
  eventLoopLag: duration({ min: 10, max: 60_000, orNone: true })
    .prefault('500ms')
    .meta({ description: "How late a worker's event loop may be before it refuses requests; 0: never refuses" }),
  memory: memoryBound()
    .prefault('90%')
    .meta({
      description:
        "Resident memory of the process above which requests are refused: a size, or a share of the container's limit or the machine's memory; 0: never refuses",
      samples: ['90%', '1GiB'],
    }),
});

const sharedSection = section({
  url: z
    .string()
    .regex(/^rediss?:\/\/[^\s]+$/, { error: 'expected a URL such as `redis://cache:6379`, or `rediss://` for TLS' })
    .meta({ description: 'Where it is; user and password in it, by reference' }),
  cluster: z.boolean().default(false).meta({ description: 'It is a cluster, as ElastiCache Serverless is' }),
  prefix: name()
    .default('edgebalancer')
    .meta({ description: 'What its keys begin with: the same for the replicas that share' }),
  replicas: count(1, 1000).default(1).meta({
    description:
      'Replicas to suppose at a start at which it cannot be asked: limits are held at the share of one of so many',
  }),
  lease: count(1, 1_000_000).default(20).meta({
    description: 'Tokens that a replica lets through of a key of which it knows nothing yet, before it has asked',
  }),
  whenLost: z.enum(['share', 'open', 'closed']).default('share').meta({
    description:
      'While it cannot be asked: each replica holds limits at its share, or as if it were alone, or refuses what is limited',
  }),
});

/** It may be its URL alone. */
const shared = z
  .preprocess((raw) => (typeof raw === 'string' ? { url: raw } : raw), sharedSection)
  .meta({ orUrl: true, samples: ['redis://cache:6379'] });

export const state = section({
  dir: z
    .string()
    .min(1)
    .nullable()
    .default('.edgebalancer')
    .meta({ description: 'Where the product keeps what must survive a restart; null: nowhere, it is kept in memory' }),
  shared: shared.nullable().default(null).meta({ description: 'Redis or Valkey that replicas share' }),
});

const token = section({
  name: name().meta({ description: 'Who it belongs to, for the audit log' }),
  role: z.enum(['viewer', 'operator']).default('viewer').meta({ description: 'viewer reads, operator changes' }),
  hash: z
    .string()
    .regex(/^sha256:[0-9a-f]{64}$/, {
      error: 'expected `sha256:` and 64 hexadecimal digits, as `edgebalancer token` prints it',
    })
    .meta({ description: 'As `edgebalancer token` prints it', samples: [`sha256:${'0'.repeat(64)}`] }),
});

export const admin = section({
  address: listenAddress()
    .nullable()
    .prefault('127.0.0.1:9090')
    .meta({ description: 'Where the control plane listens by itself; null: nowhere' }),
  tokens: z.array(token).max(1000).prefault([]).meta({ description: 'Who may use it' }),
  publicRead: z.boolean().default(false).meta({ description: 'true: reading needs no token' }),
  publicMetrics: z.boolean().default(false).meta({ description: 'true: `/metrics` needs no token' }),
});

/** What is wrong with a template, as a sentence; null when nothing is. */
function templateProblem(template: string): string | null {
  for (const piece of piecesOf(template)) {
    if ('text' in piece) {
      if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(piece.text))
        return 'a line cannot hold line ends or control characters; each line gets its end by itself';
    } else if (!TEMPLATE_NAMES.includes(piece.name)) {
      return `there is no \`$${piece.name}\`${suggestion(piece.name, TEMPLATE_NAMES)}`;
    }
  }
  return null;
}

const lineFormat = z.union(
  [
    z.enum(['json', 'clf']),
    section({
      template: z
        .string()
        .min(1)
        .max(TEMPLATE_LENGTH_MAX)
        .superRefine((template, context) => {
          const problem = templateProblem(template);
          if (problem !== null) context.addIssue({ code: 'custom', message: problem });
        })
        .meta({ description: 'Text with `$name` in it, where names are those of the JSON lines' }),
    }),
  ],
  { error: "expected `json`, `clf` or `{ template: '$client $method $target $status' }`" },
);

export const log = section({
  access: section({
    to: z.string().min(1).default('-').meta({ description: 'A file, or `-` for standard output' }),
    format: lineFormat.default('json').meta({
      description: 'How a line is written: `json`, `clf` (the combined log format), or a template of your own',
      samples: ['json', 'clf', { template: '$client $method $target $status $durationMs' }],
    }),
    sample: share().prefault('100%').meta({ description: 'Share of requests that are logged' }),
  })
    .nullable()
    .prefault({})
    .meta({ description: 'One line for each request; null: none' }),
  level: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('info')
    .meta({ description: "The least that the product's own log shows" }),
});

/** Above, a worker would hold more than 64 MiB of records. */
const KEEP_MAX = 10_000;
const KEEP_MIN = 100;

export const requests = section({
  sample: share()
    .prefault('1%')
    .meta({ description: 'Share of requests that are recorded, at most 50 a second for each worker' }),
  keep: count(KEEP_MIN, KEEP_MAX).default(1000).meta({
    description: 'How many of them each worker keeps, and a quarter as many of those that failed or were tried again',
  }),
});

export const tracing = section({
  otlp: z
    .string()
    .refine((url) => /^https?:\/\/[^\s]+$/.test(url) && URL.canParse(url), {
      error: 'expected a URL such as `http://collector:4318`',
    })
    .nullable()
    .default(null)
    .meta({ description: 'Where spans are sent (OTLP over HTTP); null: nowhere', samples: ['http://collector:4318'] }),
  headers: z
    .record(fieldName(), fieldValue())
    .prefault({})
    .meta({ description: 'Header fields for the collector, such as its key; never shown again' }),
  sample: share().prefault('1%').meta({ description: 'Share of the traces that begin here which are recorded' }),
  clients: rate().nullable().prefault('100/s').meta({
    description: 'How many requests are recorded because a client that is no trusted proxy asks for it; null: none',
  }),
});

export { cost } from './schema-cost.ts';

/** Findings need some traffic to go by; a window of many minutes is deaf to what has just begun. */
const COPILOT_WINDOW_MS = { min: 500, max: 600_000 };
const COPILOT_TIMEOUT_MS = { min: 1000, max: 600_000 };

export const copilot = section({
  window: duration(COPILOT_WINDOW_MS)
    .prefault('1m')
    .meta({ description: 'The time that findings look back on; they compare it with the five before it' }),
  provider: z
    .enum(COPILOT_PROVIDERS)
    .default('builtin')
    .meta({ description: 'Who answers; keys come from the environment' }),
  model: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .meta({ description: 'Which model; needed by all providers but the built-in one', samples: ['claude-sonnet-5'] }),
  baseUrl: z
    .string()
    .refine((url) => /^https?:\/\/[^\s]+$/.test(url) && URL.canParse(url), {
      error: 'expected a URL with http or https',
    })
    .optional()
    .meta({ description: 'Where the provider is, when not at its own address; openai-compatible needs it' }),
  timeout: duration(COPILOT_TIMEOUT_MS)
    .prefault('60s')
    .meta({ description: 'How long a model may take for an answer, all its steps together' }),
  steps: z.int().min(1).max(50).default(8).meta({ description: 'Times that a model is asked in one answer' }),
  outputTokens: z.int().min(16).max(100_000).default(2000).meta({ description: 'Tokens of one step at most' }),
  tokensPerDay: z
    .int()
    .min(0)
    .max(1e12)
    .default(500_000)
    .meta({ description: 'Tokens in and out of a day (UTC); the built-in provider answers when they are used' }),
  price: z
    .strictObject({ input: z.number().min(0), output: z.number().min(0) })
    .nullable()
    .default(null)
    .meta({ description: 'Of a million tokens, in any currency; for costPerDay' }),
  costPerDay: z.number().min(0).nullable().default(null).meta({ description: 'Money of a day, by `price`' }),
}).superRefine(({ provider, model, baseUrl, price, costPerDay }, context) => {
  const issue = (path: string, message: string): void => context.addIssue({ code: 'custom', path: [path], message });
  if (provider !== 'builtin' && model === undefined)
    issue('model', `expected the name of a model: ${provider} has many`);
  if (provider === 'openai-compatible' && baseUrl === undefined)
    issue('baseUrl', 'expected the address of the server, such as http://127.0.0.1:11434/v1');
  if (costPerDay !== null && price === null) issue('price', 'expected what tokens cost: costPerDay goes by it');
});
