/**
 * The cost estimate: `GET /admin/cost` and `edgebalancer cost`. Everything that it reads is handed in, so that a test or a
 * command without a running process has the same estimate.
 */
import type { CostAnswer } from '#contract/cost.ts';
import type { CostPort, CostQuestion, HistoryPort } from '../admin/ports.ts';
import type { Environment } from '../config/environment.ts';
import { usableCpus } from '../config/usable-cpus.ts';
import { usableMemoryBytes } from '../config/usable-memory.ts';
import { billOf, ownItems, type Bill } from './bill.ts';
import { capacityAssumption } from './capacity.ts';
import { CostError } from './cost-error.ts';
import { deploymentOf, type CostSections, type Deployment, type Machine } from './deployment.ts';
import { EcsMetadata } from './ecs-metadata.ts';
import { linesOf } from './lines.ts';
import { readPricesFile } from './prices-file.ts';
import { perMillion, SHARE_RULES, sharesOf } from './shares.ts';
import { GB, HOURS, monthlyTraffic, withHistory, type MonthlyTraffic, type TrafficCounts } from './traffic.ts';

export interface CostOptions {
  /** Sections of the configuration in force. */
  readonly sections: () => CostSections;
  /** Counts since the process started (`trafficCounts`); null: nothing is measured here. */
  readonly traffic: (() => TrafficCounts) | null;
  /** Where the last hour is read from; null: nowhere. */
  readonly history: Pick<HistoryPort, 'between'> | null;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
  readonly env: Environment;
  /** Directory of `prices.json`, which `edgebalancer cost refresh` writes; null: nothing is kept. */
  readonly stateDir: () => string | null;
  /** For the task metadata of ECS alone; the global one when left out. */
  readonly fetch?: typeof fetch;
  /** What this process runs on; asked when left out. */
  readonly machine?: () => Machine;
}

/** Requests in a month that are a slip rather than a question: three million a second. */
const REQUESTS_MAX = 1e13;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** AWS changes few of these prices, and rarely; a year is long. */
const OLD_DAYS = 365;

export function createCost(options: CostOptions): CostPort {
  return new Cost(options);
}

class Cost implements CostPort {
  readonly #options: CostOptions;
  readonly #metadata: EcsMetadata;

  constructor(options: CostOptions) {
    this.#options = options;
    this.#metadata = new EcsMetadata(options.env, options.fetch ?? fetch, options.nowMs);
  }

  /** Rejects with a `CostError`. */
  async estimate(question: CostQuestion): Promise<CostAnswer> {
    checkRequests(question.requests);
    const sections = this.#options.sections();
    const { cost } = sections;
    const traffic = monthlyTraffic(this.#counts(), question.requests, cost.assume);
    switch (cost.platform) {
      case 'none':
        throw new CostError(
          'platform',
          'No estimate is made, since `cost.platform` is `none`: write `aws-fargate`, `aws-ec2`, or `custom` with `cost.items`.',
        );
      case 'custom':
        return this.#ownPlatform(question, sections, traffic);
      default:
        return await this.#aws(question, sections, traffic, cost.platform);
    }
  }

  #counts(): TrafficCounts | null {
    const { traffic, history, nowMs } = this.#options;
    if (traffic === null) return null;
    const since = traffic();
    if (history === null) return since;
    const now = nowMs();
    return withHistory(since, history.between(now - HOUR_MS, now, null));
  }

  async #aws(
    question: CostQuestion,
    sections: CostSections,
    traffic: MonthlyTraffic,
    platform: Deployment['platform'],
  ): Promise<CostAnswer> {
    const { cost } = sections;
    const { env, stateDir, nowMs } = this.#options;
    const known = { sections, task: await this.#metadata.task(), machine: this.#machine(), env };
    const deployment = deploymentOf(question, known, platform);
    const refreshed = await readPricesFile(stateDir(), deployment.region, deployment.viewers);
    const today = new Date(nowMs()).toISOString().slice(0, 10);
    const bill = billOf(
      linesOf({ deployment, traffic, assume: cost.assume }),
      ownItems(cost.items, traffic, deployment.tasks),
      { region: deployment.region, viewers: deployment.viewers, own: cost.prices, refreshed: refreshed.prices, today },
    );
    return answerOf(bill, traffic, {
      currency: 'USD',
      region: deployment.region,
      platform,
      deployment,
      assumptions: [
        ...deployment.assumptions,
        ...(refreshed.problem === null ? [] : [refreshed.problem]),
        ...ageOf(bill.pricesAsOf, nowMs()),
        'Prices are list prices on demand, without tax, savings plans or spot; GB are of 2^30 bytes.',
        ...capacityAssumption(deployment, traffic, cost.assume),
      ],
    });
  }

  #ownPlatform(question: CostQuestion, { cost }: CostSections, traffic: MonthlyTraffic): CostAnswer {
    const unknown = (['region', 'vcpu', 'memoryGiB'] as const).find((field) => question[field] !== undefined);
    if (unknown !== undefined)
      throw new CostError(
        unknown,
        `On \`platform: custom\` prices do not depend on \`${unknown}\`; \`tasks\` and \`requests\` can be asked for.`,
      );
    if (cost.items.length === 0)
      throw new CostError('items', '`cost.platform` is `custom`, and there are no `cost.items`: give at least one.');
    const tasks = question.tasks ?? (cost.tasks === 'auto' ? 1 : cost.tasks);
    const today = new Date(this.#options.nowMs()).toISOString().slice(0, 10);
    const items = ownItems(cost.items, traffic, tasks);
    const bill = billOf([], items, { region: '', viewers: 'us', own: {}, refreshed: {}, today });
    return answerOf(bill, traffic, {
      currency: cost.currency,
      region: cost.region === 'auto' ? '' : cost.region,
      platform: 'custom',
      deployment: null,
      assumptions: [`All prices are those of \`cost.items\`; ${tasks} ${tasks === 1 ? 'task runs' : 'tasks run'}.`],
    });
  }

  #machine(): Machine {
    return (
      this.#options.machine?.() ?? {
        cpus: usableCpus(),
        memoryGiB: usableMemoryBytes() / GB,
        architecture: process.arch === 'arm64' ? 'arm' : 'x86',
      }
    );
  }
}

function checkRequests(requests: number | undefined): void {
  if (requests === undefined || (requests >= 0 && requests <= REQUESTS_MAX)) return;
  throw new CostError('requests', `\`requests\` is the number of requests in a month, from 0 to ${REQUESTS_MAX}.`);
}

function ageOf(asOf: string, nowMs: number): string[] {
  const days = Math.floor((nowMs - Date.parse(asOf)) / DAY_MS);
  if (days <= OLD_DAYS) return [];
  return [`The oldest price used is ${days} days old; \`edgebalancer cost refresh\` asks AWS for today's.`];
}

interface About {
  readonly currency: string;
  readonly region: string;
  readonly platform: string;
  readonly deployment: Deployment | null;
  readonly assumptions: readonly string[];
}

function answerOf(bill: Bill, traffic: MonthlyTraffic, about: About): CostAnswer {
  const { deployment } = about;
  const seen =
    traffic.requests === null
      ? 'No request has been seen yet: what depends on traffic is not in it. Ask with `requests` for what a month of them would cost.'
      : `Traffic: ${traffic.basis}. Bytes are those of all clients, whatever they asked for.`;
  return {
    currency: about.currency,
    monthly: bill.monthly,
    perMillionRequests: perMillion(bill.monthly, traffic.requests),
    items: bill.items.map(({ name, quantity, unit, unitPrice, monthly, basis }) => ({
      name,
      quantity,
      unit,
      unitPrice,
      monthly,
      basis,
    })),
    ...sharesOf(bill, traffic),
    requests: traffic.requests === null ? null : Math.round(traffic.requests),
    deployment:
      deployment === null
        ? null
        : {
            tasks: deployment.tasks,
            vcpu: deployment.vcpu,
            memoryGiB: deployment.memoryGiB,
            architecture: deployment.architecture,
            zones: deployment.zones,
          },
    assumptions: [`A month has ${HOURS} hours.`, seen, ...about.assumptions, ...bill.assumptions, ...SHARE_RULES],
    pricesAsOf: bill.pricesAsOf,
    region: about.region,
    platform: about.platform,
  };
}
