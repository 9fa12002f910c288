/** Sizes of Fargate tasks: which there are, and the nearest to one that there is not. */
import { FARGATE_FAMILIES as FAMILIES, type FargateFamily as Family } from '#contract/fargate-families.ts';

export interface TaskSize {
  readonly vcpu: number;
  readonly memoryGiB: number;
}

export const FARGATE_VCPUS: readonly number[] = FAMILIES.map(({ vcpu }) => vcpu);

/** Every size there is. */
export const FARGATE_SIZES: readonly TaskSize[] = FAMILIES.flatMap(({ vcpu, memories }) =>
  memories.map((memoryGiB) => ({ vcpu, memoryGiB })),
);

/** Null when there is such a task; else one sentence with the nearest there are. */
export function sizeProblem({ vcpu, memoryGiB }: TaskSize): string | null {
  const family = FAMILIES.find((one) => one.vcpu === vcpu);
  if (family === undefined)
    return `Fargate has no task of ${vcpu} vCPU; it has ${listed(FARGATE_VCPUS)}, and the nearest size is ${sizeText(nearestSize({ vcpu, memoryGiB }))}.`;
  if (family.memories.includes(memoryGiB)) return null;
  const others = FAMILIES.filter(({ memories }) => memories.includes(memoryGiB)).map((one) => one.vcpu);
  const elsewhere = others.length === 0 ? '' : `; ${memoryGiB} GiB goes with ${listed(others)} vCPU`;
  const near = nearestOf(family.memories, memoryGiB);
  return `Fargate has no task of ${vcpu} vCPU with ${memoryGiB} GiB: ${vcpu} vCPU goes with ${memoriesText(family)}, the nearest being ${near} GiB${elsewhere}.`;
}

/** The least size with so much of both; with less memory when these vCPUs can have no more. */
export function roundUp(vcpu: number, memoryGiB: number): TaskSize {
  const family = FAMILIES.find((one) => one.vcpu >= vcpu) ?? (FAMILIES.at(-1) as Family);
  return { vcpu: family.vcpu, memoryGiB: atLeast(family.memories, memoryGiB) };
}

/** The size for a wanted amount of memory that comes closest to `vcpu` from above; null when no task has that memory. */
export function sizeForMemory(memoryGiB: number, vcpu: number): TaskSize | null {
  const able = FAMILIES.filter(({ memories }) => memories.includes(memoryGiB));
  const family = able.find((one) => one.vcpu >= vcpu) ?? able.at(-1);
  return family === undefined ? null : { vcpu: family.vcpu, memoryGiB };
}

function atLeast(memories: readonly number[], memoryGiB: number): number {
  return memories.find((one) => one >= memoryGiB) ?? (memories.at(-1) as number);
}

function nearestSize(wanted: TaskSize): TaskSize {
  const vcpu = nearestOf(FARGATE_VCPUS, wanted.vcpu);
  const family = FAMILIES.find((one) => one.vcpu === vcpu) as Family;
  return { vcpu, memoryGiB: nearestOf(family.memories, wanted.memoryGiB) };
}

function nearestOf(values: readonly number[], wanted: number): number {
  return values.reduce((best, one) => (Math.abs(one - wanted) < Math.abs(best - wanted) ? one : best));
}

export function sizeText({ vcpu, memoryGiB }: TaskSize): string {
  return `${vcpu} vCPU with ${memoryGiB} GiB`;
}

function memoriesText({ memories }: Family): string {
  const [first, second] = memories as readonly [number, number];
  if (memories.length <= 4) return `${listed(memories)} GiB`;
  return `${first} to ${memories.at(-1)} GiB in steps of ${second - first}`;
}

function listed(values: readonly number[]): string {
  return values.length === 1 ? String(values[0]) : `${values.slice(0, -1).join(', ')} or ${values.at(-1)}`;
}
