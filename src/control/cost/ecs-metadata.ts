/**
 * What ECS says of the task that this process runs in: the task metadata endpoint, version 4.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-fargate-response.html
 */
import { z } from 'zod';
import type { Environment } from '../config/environment.ts';

export interface EcsTask {
  readonly region: string;
  /** Null: the task has no limit of its own. */
  readonly vcpu: number | null;
  readonly memoryGiB: number | null;
  /** `FARGATE`, `EC2`, `EXTERNAL`, `MANAGED_INSTANCES`; null where it is not said. */
  readonly launchType: string | null;
  readonly availabilityZone: string | null;
}

const answer = z.object({
  TaskARN: z.string(),
  Limits: z.object({ CPU: z.number().positive().optional(), Memory: z.number().positive().optional() }).optional(),
  LaunchType: z.string().optional(),
  AvailabilityZone: z.string().optional(),
});

/** The endpoint is on the same machine: what takes longer does not come. */
const TIMEOUT_MS = 1000;
/** Between two tries when it did not answer. */
const RETRY_MS = 60_000;

export class EcsMetadata {
  readonly #url: string | undefined;
  readonly #fetch: typeof fetch;
  readonly #nowMs: () => number;
  #task: EcsTask | null = null;
  #triedMs = -Infinity;

  constructor(env: Environment, request: typeof fetch, nowMs: () => number) {
    this.#url = env.ECS_CONTAINER_METADATA_URI_V4;
    this.#fetch = request;
    this.#nowMs = nowMs;
  }

  /** Null outside ECS, or while ECS does not answer. A task never changes: it is asked for once. */
  async task(): Promise<EcsTask | null> {
    if (this.#url === undefined || this.#task !== null || this.#nowMs() - this.#triedMs < RETRY_MS) return this.#task;
    this.#triedMs = this.#nowMs();
    try {
      const response = await this.#fetch(`${this.#url}/task`, {
        signal: AbortSignal.timeout(TIMEOUT_MS),
        redirect: 'error',
      });
      this.#task = response.ok ? taskOf(await response.json()) : null;
    } catch {
      // Not reachable, too slow, or no JSON: then the machine's own size has to do, and the estimate says so.
      this.#task = null;
    }
    return this.#task;
  }
}

/** `arn:aws:ecs:eu-west-1:111122223333:task/cluster/id` */
export function taskOf(data: unknown): EcsTask | null {
  const read = answer.safeParse(data);
  if (!read.success) return null;
  const { TaskARN, Limits, LaunchType, AvailabilityZone } = read.data;
  const [, , service, region] = TaskARN.split(':');
  if (service !== 'ecs' || region === undefined || region === '') return null;
  return {
    region,
    vcpu: Limits?.CPU ?? null,
    memoryGiB: Limits?.Memory === undefined ? null : Limits.Memory / 1024,
    launchType: LaunchType ?? null,
    availabilityZone: AvailabilityZone ?? null,
  };
}
