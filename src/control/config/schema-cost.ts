/** What the cost estimate is made from: the deployment, prices of one's own, and what is assumed where nothing is measured. */
import { z } from 'zod';
import { FARGATE_VCPUS, sizeProblem } from '../cost/fargate-sizes.ts';
import { PRICE_KEYS, PRICE_KEY_NAMES, type PriceKey } from '../cost/price-keys.ts';
import { count, section, share, size } from './fields.ts';

/** More than anybody runs; what is above is a slip. */
const TASKS_MAX = 10_000;
const ZONES_MAX = 6;
const ITEMS_MAX = 100;
const PRICE_MAX = 1_000_000;

const autoOr = (description: string, number: z.ZodNumber) =>
  z
    .union([z.literal('auto'), number], { error: 'expected `auto` or a number above 0' })
    .default('auto')
    .meta({ description });

const price = () => z.number().min(0).max(PRICE_MAX);

const pricesShape = Object.fromEntries(
  PRICE_KEY_NAMES.map((name) => [
    name,
    price()
      .optional()
      .meta({ description: `Price of ${PRICE_KEYS[name].what}` }),
  ]),
) as Record<PriceKey, z.ZodOptional<z.ZodNumber>>;

const item = section({
  name: z.string().min(1).max(100).meta({ description: 'As the estimate shows it' }),
  price: price().meta({ description: 'Of one unit, in `currency`' }),
  quantity: z.number().min(0).max(1e12).default(1).meta({ description: 'Units for each of `per`' }),
  unit: z.string().min(1).max(40).default('month').meta({ description: 'What one unit is, for the reader' }),
  per: z
    .enum(['month', 'task', 'million-requests', 'gb-in', 'gb-out'])
    .default('month')
    .meta({ description: 'What the quantity is multiplied by' }),
});

const assume = section({
  requestBytes: size({ min: 1 }).prefault('1KiB').meta({ description: 'Of a request, where none was measured' }),
  responseBytes: size({ min: 1 }).prefault('16KiB').meta({ description: 'Of an answer, where none was measured' }),
  requestsPerConnection: z
    .number()
    .positive()
    .max(1e6)
    .default(20)
    .meta({ description: 'Where no connection was measured' }),
  averageConnectionSeconds: z
    .number()
    .positive()
    .max(86_400)
    .default(60)
    .meta({ description: 'How long a connection to the load balancer stays open, for its capacity units' }),
  cloudfrontHits: share()
    .prefault('0%')
    .meta({ description: 'Share of requests that CloudFront answers by itself, and that are not seen here' }),
  balancerRules: count(1, 1000)
    .default(1)
    .meta({ description: 'Rules of the load balancer that a request is held against' }),
  logLineBytes: size({ min: 1 }).prefault('500').meta({ description: 'Of a line of the access log' }),
  natGbPerTask: z
    .number()
    .min(0)
    .max(1e6)
    .default(1)
    .meta({ description: 'GB a month through NAT for each task beside logs: images, APIs' }),
  cacheGb: z.number().min(0).max(1e6).default(0.1).meta({ description: 'GB kept in the shared cache' }),
  cacheCommandsPerRequest: z
    .number()
    .min(0)
    .max(1e3)
    .default(1)
    .meta({ description: 'Commands to the shared cache, of a KB at most' }),
  utilisation: share()
    .prefault('60%')
    .meta({ description: "How busy tasks' CPUs may be at the peak before more are needed" }),
  peakFactor: z.number().min(1).max(1000).default(3).meta({ description: 'The busiest minute to the average' }),
});

export const cost = section({
  platform: z
    .enum(['aws-fargate', 'aws-ec2', 'custom', 'none'])
    .default('aws-fargate')
    .meta({ description: 'What it runs on; custom: only `items`; none: no estimate' }),
  region: z
    .string()
    .regex(/^[a-z0-9-]{1,40}$/, { error: 'expected a region such as `us-east-1`, or `auto`' })
    .default('auto')
    .meta({
      description: "Where prices are taken from; auto: the task's own, else AWS_REGION, else us-east-1",
      samples: ['us-east-1', 'eu-central-1'],
    }),
  tasks: autoOr('How many run; auto: 2', z.number().int().positive().max(TASKS_MAX)),
  vcpu: autoOr("CPUs of each; auto: the task's own, else this machine's", z.number().positive().max(1024)),
  memoryGiB: autoOr("Memory of each; auto: the task's own, else this machine's", z.number().positive().max(100_000)),
  architecture: z
    .enum(['auto', 'x86', 'arm'])
    .default('auto')
    .meta({ description: "CPU of the tasks; auto: this process's" }),
  zones: count(1, ZONES_MAX).default(2).meta({ description: 'Availability zones' }),
  loadBalancer: z.boolean().default(true).meta({ description: 'An Application Load Balancer in front of the tasks' }),
  cloudfront: z.boolean().default(true).meta({ description: 'CloudFront in front of the load balancer' }),
  viewers: z
    .enum(['auto', 'us', 'europe', 'asia'])
    .default('auto')
    .meta({ description: "Where CloudFront's viewers are; auto: near the region" }),
  natGateways: z
    .union([z.literal('auto'), count(0, ZONES_MAX)], { error: `expected \`auto\` or a number from 0 to ${ZONES_MAX}` })
    .default('auto')
    .meta({ description: 'NAT gateways; auto: one for each zone' }),
  logs: z
    .union([z.literal('auto'), z.boolean()], { error: 'expected `auto`, `true` or `false`' })
    .default('auto')
    .meta({
      description: 'Whether the access log goes to CloudWatch Logs; auto: while it is written to standard output',
    }),
  cache: z
    .enum(['auto', 'none', 'serverless', 'node'])
    .default('auto')
    .meta({ description: 'Shared cache (ElastiCache for Valkey); auto: serverless while `state.shared` is set' }),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, { error: 'expected a currency such as `USD` or `EUR`' })
    .default('USD')
    .meta({ description: 'Of `items` and `prices`; another than USD needs `platform: custom`' }),
  prices: section(pricesShape).prefault({}).meta({ description: 'Prices of your own, which win over all others' }),
  items: z.array(item).max(ITEMS_MAX).prefault([]).meta({ description: 'Lines of your own' }),
  assume: assume.prefault({}).meta({ description: 'What is taken for granted where nothing is measured' }),
}).superRefine((cost, context) => {
  const refuse = (path: string, message: string): void => context.addIssue({ code: 'custom', path: [path], message });
  if (cost.platform !== 'custom' && cost.currency !== 'USD')
    refuse('currency', `prices of \`${cost.platform}\` are in USD; another currency needs \`platform: custom\``);
  if (cost.platform === 'custom' && cost.items.length === 0)
    refuse('items', '`platform: custom` is priced by `items` alone, and there is none; give at least one');
  if (cost.platform !== 'aws-fargate' || cost.vcpu === 'auto') return;
  if (cost.memoryGiB === 'auto' && !FARGATE_VCPUS.includes(cost.vcpu))
    refuse('vcpu', `Fargate has no task of ${cost.vcpu} vCPU; it has ${FARGATE_VCPUS.join(', ')}`);
  const problem = cost.memoryGiB === 'auto' ? null : sizeProblem({ vcpu: cost.vcpu, memoryGiB: cost.memoryGiB });
  if (problem !== null) refuse(FARGATE_VCPUS.includes(cost.vcpu) ? 'memoryGiB' : 'vcpu', problem);
});

export type CostConfig = z.output<typeof cost>;
