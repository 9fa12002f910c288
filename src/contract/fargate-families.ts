/**
 * The sizes that a Fargate task can have: each number of vCPUs goes with a few amounts of memory, and a task definition that asks
 * for anything else is refused.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-cpu-memory-error.html (Linux)
 */
export interface FargateFamily {
  readonly vcpu: number;
  /** GiB, ascending. */
  readonly memories: readonly number[];
}

const steps = (from: number, to: number, step: number): readonly number[] =>
  Array.from({ length: (to - from) / step + 1 }, (_, at) => from + at * step);

/** By vCPUs, ascending. */
export const FARGATE_FAMILIES: readonly FargateFamily[] = [
  { vcpu: 0.25, memories: [0.5, 1, 2] },
  { vcpu: 0.5, memories: steps(1, 4, 1) },
  { vcpu: 1, memories: steps(2, 8, 1) },
  { vcpu: 2, memories: steps(4, 16, 1) },
  { vcpu: 4, memories: steps(8, 30, 1) },
  { vcpu: 8, memories: steps(16, 60, 4) },
  { vcpu: 16, memories: steps(32, 120, 8) },
];
