/**
 * What is priced: CloudFront, a load balancer, tasks of EdgeBalancer in several zones, and what they need. A question wins
 * over the configuration, which wins over what ECS says of this task, which wins over what this machine is. Each figure
 * keeps the sentence that says where it is from.
 */
import type { CostDeployment } from '#contract/cost.ts';
import type { CostQuestion } from '../admin/ports.ts';
import type { Environment } from '../config/environment.ts';
import type { Config } from '../config/schema.ts';
import { CostError } from './cost-error.ts';
import type { EcsTask } from './ecs-metadata.ts';
import { FARGATE_VCPUS, roundUp, sizeForMemory, sizeProblem, sizeText, type TaskSize } from './fargate-sizes.ts';
import { viewersNear } from './price-book.ts';
import type { Viewers } from './price-table.ts';

export type CostSections = Pick<Config, 'cost' | 'log' | 'state'>;

export interface Machine {
  readonly cpus: number;
  readonly memoryGiB: number;
  readonly architecture: 'x86' | 'arm';
}

export interface Deployment extends CostDeployment {
  readonly platform: 'aws-fargate' | 'aws-ec2';
  readonly region: string;
  readonly loadBalancer: boolean;
  readonly cloudfront: boolean;
  readonly viewers: Viewers;
  readonly natGateways: number;
  /** Share of requests whose line of the access log goes to CloudWatch Logs. */
  readonly loggedShare: number;
  readonly cache: 'none' | 'serverless' | 'node';
  /** Parts of sentences. */
  readonly basis: { readonly tasks: string; readonly size: string };
  /** One sentence each. */
  readonly assumptions: readonly string[];
}

export interface Known {
  readonly sections: CostSections;
  readonly task: EcsTask | null;
  readonly machine: Machine;
  readonly env: Environment;
}

/** Without autoscaling known, what the service begins with: two, so that a zone may fail. */
const TASKS = 2;
/** Whoever asks for more has mistyped. */
const TASKS_MAX = 10_000;

export function deploymentOf(question: CostQuestion, known: Known, platform: Deployment['platform']): Deployment {
  const { sections, task, machine } = known;
  const { cost, log, state } = sections;
  const region = regionOf(question, known);
  const tasks = tasksOf(question, cost.tasks);
  const size = platform === 'aws-fargate' ? fargateSize(question, known) : instanceSize(question, known);
  const logged = cost.logs === 'auto' ? log.access !== null && log.access.to === '-' : cost.logs;
  const cache = cost.cache === 'auto' ? (state.shared === null ? 'none' : 'serverless') : cost.cache;
  const architecture = cost.architecture === 'auto' ? machine.architecture : cost.architecture;
  return {
    platform,
    region: region.value,
    tasks: tasks.value,
    ...size.value,
    architecture,
    zones: cost.zones,
    loadBalancer: cost.loadBalancer,
    cloudfront: cost.cloudfront,
    viewers: cost.viewers === 'auto' ? viewersNear(region.value) : cost.viewers,
    natGateways: cost.natGateways === 'auto' ? cost.zones : cost.natGateways,
    loggedShare: logged ? (log.access?.sample ?? 1) : 0,
    cache,
    basis: { tasks: tasks.basis, size: size.basis },
    assumptions: [
      `Prices are those of ${region.value}: ${region.basis}.`,
      `${tasks.value} ${tasks.value === 1 ? 'task' : 'tasks'} of ${sizeText(size.value)} on ${architecture === 'arm' ? 'ARM' : 'x86'} run all month in ${cost.zones} ${cost.zones === 1 ? 'zone' : 'zones'}: ${tasks.basis}; ${size.basis}.`,
      ...(task !== null && platform === 'aws-fargate' && task.launchType !== null && task.launchType !== 'FARGATE'
        ? [`This task does not run on Fargate (${task.launchType}): \`cost.platform\` may be wrong.`]
        : []),
      ...(cost.cache === 'auto' && cache === 'none'
        ? ['There is no shared cache, since `state.shared` is not set; `cost.cache` adds one.']
        : []),
    ],
  };
}

interface Said<T> {
  readonly value: T;
  readonly basis: string;
}

function regionOf(question: CostQuestion, { sections, task, env }: Known): Said<string> {
  const { region } = sections.cost;
  if (question.region !== undefined) return { value: question.region, basis: 'as asked' };
  if (region !== 'auto') return { value: region, basis: 'as configured' };
  if (task !== null) return { value: task.region, basis: 'where this task runs' };
  const variable = ['AWS_REGION', 'AWS_DEFAULT_REGION'].find((name) => (env[name] ?? '') !== '');
  if (variable !== undefined) return { value: env[variable] as string, basis: `as ${variable} says` };
  return { value: 'us-east-1', basis: 'neither the configuration nor AWS says another' };
}

function tasksOf(question: CostQuestion, configured: number | 'auto'): Said<number> {
  const asked = question.tasks;
  if (asked !== undefined) {
    if (!Number.isInteger(asked) || asked < 1 || asked > TASKS_MAX)
      throw new CostError('tasks', `The number of tasks must be a whole number from 1 to ${TASKS_MAX}.`);
    return { value: asked, basis: 'the number of tasks is as asked' };
  }
  if (configured !== 'auto') return { value: configured, basis: 'the number of tasks is as configured' };
  return { value: TASKS, basis: `the number of tasks is assumed (${TASKS}, so that one zone may fail)` };
}

/** Numbers that a question or the configuration names; undefined: either will do. */
function named(
  question: CostQuestion,
  { sections }: Known,
): { vcpu: number | undefined; memoryGiB: number | undefined } {
  const { cost } = sections;
  const one = (asked: number | undefined, configured: number | 'auto', field: string): number | undefined => {
    if (asked === undefined) return configured === 'auto' ? undefined : configured;
    if (!(asked > 0) || !Number.isFinite(asked)) throw new CostError(field, `\`${field}\` must be a number above 0.`);
    return asked;
  };
  return {
    vcpu: one(question.vcpu, cost.vcpu, 'vcpu'),
    memoryGiB: one(question.memoryGiB, cost.memoryGiB, 'memoryGiB'),
  };
}

function fargateSize(question: CostQuestion, known: Known): Said<TaskSize> {
  const found = foundSize(known);
  let { vcpu, memoryGiB } = named(question, known);
  // Asked for one alone, the other may follow: a configured size is that of another task then.
  if (question.vcpu !== undefined && question.memoryGiB === undefined) memoryGiB = undefined;
  if (question.memoryGiB !== undefined && question.vcpu === undefined) vcpu = undefined;
  if (vcpu === undefined && memoryGiB === undefined) return found;
  const now = { vcpu: known.sections.cost.vcpu, memoryGiB: known.sections.cost.memoryGiB };
  const nowVcpu = now.vcpu === 'auto' ? found.value.vcpu : now.vcpu;
  const nowMemory = now.memoryGiB === 'auto' ? found.value.memoryGiB : now.memoryGiB;
  if (vcpu !== undefined && memoryGiB !== undefined) {
    const problem = sizeProblem({ vcpu, memoryGiB });
    if (problem !== null) throw new CostError(FARGATE_VCPUS.includes(vcpu) ? 'memoryGiB' : 'vcpu', problem);
    return { value: { vcpu, memoryGiB }, basis: `their size is as ${wording(question)}` };
  }
  if (vcpu !== undefined) {
    if (!FARGATE_VCPUS.includes(vcpu)) throw new CostError('vcpu', sizeProblem({ vcpu, memoryGiB: nowMemory }) ?? '');
    const value = roundUp(vcpu, nowMemory);
    return {
      value,
      basis: `vCPUs are as ${wording(question)}, memory is what goes with them nearest to ${nowMemory} GiB`,
    };
  }
  const value = sizeForMemory(memoryGiB as number, nowVcpu);
  if (value === null)
    throw new CostError('memoryGiB', sizeProblem({ vcpu: nowVcpu, memoryGiB: memoryGiB as number }) ?? '');
  return { value, basis: `memory is as ${wording(question)}, vCPUs are what goes with it nearest to ${nowVcpu}` };
}

function wording(question: CostQuestion): string {
  return question.vcpu === undefined && question.memoryGiB === undefined ? 'configured' : 'asked';
}

/** The task's own size, or what this machine would be on Fargate. */
function foundSize({ task, machine }: Known): Said<TaskSize> {
  if (task !== null && task.vcpu !== null && task.memoryGiB !== null) {
    const value = { vcpu: task.vcpu, memoryGiB: task.memoryGiB };
    if (sizeProblem(value) === null) return { value, basis: 'their size is that of this task, as ECS says' };
    return {
      value: roundUp(value.vcpu, value.memoryGiB),
      basis: `their size is that of this task (${value.vcpu} vCPU, ${value.memoryGiB} GiB), rounded up to one that Fargate has`,
    };
  }
  const value = roundUp(machine.cpus, machine.memoryGiB);
  const memory = Math.round(machine.memoryGiB * 10) / 10;
  const how =
    value.vcpu >= machine.cpus && value.memoryGiB >= machine.memoryGiB
      ? 'rounded up to a size that Fargate has'
      : 'and the largest size that Fargate has for so many CPUs has less memory';
  return { value, basis: `their size is that of this machine (${machine.cpus} usable CPUs, ${memory} GiB), ${how}` };
}

/** An instance is what it is: its price comes from its owner, and its size is only shown. */
function instanceSize(question: CostQuestion, known: Known): Said<TaskSize> {
  const { vcpu, memoryGiB } = named(question, known);
  const { machine } = known;
  return {
    value: { vcpu: vcpu ?? machine.cpus, memoryGiB: memoryGiB ?? Math.round(machine.memoryGiB * 10) / 10 },
    basis: 'one for each instance, whose size is only shown: `cost.prices.instanceHour` is its price',
  };
}
