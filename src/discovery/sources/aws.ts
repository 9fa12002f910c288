/**
 * Tasks of an Amazon ECS service, by the ECS API (ListTasks and DescribeTasks), and instances of a Cloud Map service
 * (DiscoverInstances). How a call is signed, and with whose credentials, is the caller's.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html
 * https://docs.aws.amazon.com/cloud-map/latest/api/API_DiscoverInstances.html
 */
import { isIP } from 'node:net';
import type { Timers } from '#core/ports.ts';
import { memberId, type Member } from '../member.ts';
import { Polled, type Listener, type Look, type Source } from '../source.ts';

export interface EcsSettings {
  readonly cluster: string;
  readonly service: string;
  readonly port: number;
  readonly region: string | null;
  readonly interval: number;
}

export interface CloudMapSettings {
  readonly namespace: string;
  readonly service: string;
  /** Of instances that register none; null: each must. */
  readonly port: number | null;
  readonly region: string | null;
  readonly interval: number;
}

/** One call of AWS JSON 1.1. Rejects with a sentence. */
export type AwsCall = (
  service: 'ecs' | 'servicediscovery',
  region: string | null,
  action: string,
  body: object,
) => Promise<unknown>;

/** DescribeTasks takes so many at a time, says the API; ListTasks gives as many. */
const TASKS_AT_ONCE = 100;
const PAGES_MAX = 100;
/** DiscoverInstances gives no more, says the API. */
const INSTANCES_MAX = 1000;

interface EcsTask {
  readonly taskArn?: string;
  readonly lastStatus?: string;
  readonly desiredStatus?: string;
  readonly healthStatus?: string;
  readonly containers?: readonly {
    readonly networkInterfaces?: readonly { readonly privateIpv4Address?: string }[];
  }[];
}

export function ecsSource(settings: EcsSettings, call: AwsCall, listener: Listener, timers: Timers): Source {
  const look = async (): Promise<Look> => {
    const { cluster, service, region } = settings;
    const arns: string[] = [];
    let nextToken: string | undefined;
    for (let page = 0; page < PAGES_MAX; page++) {
      const body = { cluster, serviceName: service, desiredStatus: 'RUNNING', ...(nextToken !== undefined && { nextToken }) }; // prettier-ignore
      const answer = (await call('ecs', region, 'ListTasks', body)) as { taskArns?: string[]; nextToken?: string };
      arns.push(...(answer.taskArns ?? []));
      nextToken = answer.nextToken;
      if (nextToken === undefined || nextToken === '') break;
    }
    const members: Member[] = [];
    for (let from = 0; from < arns.length; from += TASKS_AT_ONCE) {
      const tasks = arns.slice(from, from + TASKS_AT_ONCE);
      const answer = (await call('ecs', region, 'DescribeTasks', { cluster, tasks })) as { tasks?: EcsTask[] };
      members.push(...(answer.tasks ?? []).flatMap((task) => taskMember(task, settings.port)));
    }
    if (members.length === 0) throw new Error(`service ${service} of cluster ${cluster} has no running task`);
    return { members, ttlMs: null };
  };
  return new Polled(look, settings.interval, listener, timers);
}

function taskMember(task: EcsTask, port: number): Member[] {
  if (task.lastStatus !== 'RUNNING' || task.healthStatus === 'UNHEALTHY') return [];
  const host = task.containers
    ?.flatMap(({ networkInterfaces }) => networkInterfaces ?? [])
    .find(({ privateIpv4Address }) => privateIpv4Address !== undefined)?.privateIpv4Address;
  if (host === undefined || isIP(host) === 0) return [];
  const id = memberId(task.taskArn?.split('/').at(-1), host, port);
  return [{ id, host, port, weight: 1, tier: 0, state: task.desiredStatus === 'STOPPED' ? 'draining' : 'active' }];
}

export function cloudMapSource(settings: CloudMapSettings, call: AwsCall, listener: Listener, timers: Timers): Source {
  const look = async (): Promise<Look> => {
    const { namespace, service, region, port } = settings;
    const body = { NamespaceName: namespace, ServiceName: service, HealthStatus: 'HEALTHY_OR_ELSE_ALL', MaxResults: INSTANCES_MAX }; // prettier-ignore
    const answer = (await call('servicediscovery', region, 'DiscoverInstances', body)) as {
      Instances?: { InstanceId?: string; Attributes?: Record<string, string> }[];
    };
    const members = (answer.Instances ?? []).flatMap(({ InstanceId, Attributes = {} }): Member[] => {
      const host = Attributes['AWS_INSTANCE_IPV4'] ?? Attributes['AWS_INSTANCE_IPV6'];
      const registered = Number(Attributes['AWS_INSTANCE_PORT'] ?? port ?? NaN);
      if (host === undefined || isIP(host) === 0 || !Number.isInteger(registered)) return [];
      const id = memberId(InstanceId, host, registered);
      return [{ id, host, port: registered, weight: 1, tier: 0, state: 'active' }];
    });
    if (members.length === 0) throw new Error(`service ${service} of ${namespace} has no instance with an address and a port`); // prettier-ignore
    return { members, ttlMs: null };
  };
  return new Polled(look, settings.interval, listener, timers);
}
