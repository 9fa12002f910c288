/** What is supposed in place of what is: in the address, so that it can be passed on. */
import { computed, type ReadonlySignal } from '@preact/signals';
import type { CostAnswer, CostDeployment } from '#contract/cost.ts';
import { FARGATE_FAMILIES } from '#contract/fargate-families.ts';
import { read } from '../../data/client.ts';
import { resource } from '../../data/resource.ts';
import { queryValue } from '../../routing/query-value.ts';
import { setQuery } from '../../routing/address.ts';

export const tasks = queryValue<string>('tasks', '');
export const vcpu = queryValue<string>('vcpu', '');
export const memory = queryValue<string>('memory', '');
export const region = queryValue<string>('region', '');
/** Requests in a month. */
export const requests = queryValue<string>('requests', '');

const ALL = [tasks, vcpu, memory, region, requests];

/** Whether anything is supposed. */
export const isSupposing: ReadonlySignal<boolean> = computed(() => ALL.some(({ value }) => value.value !== ''));

export function supposeNothing(): void {
  setQuery({ tasks: null, vcpu: null, memory: null, region: null, requests: null });
}

const orNull = (text: string): string | null => (text === '' ? null : text);

/** The estimate for what is supposed. */
export const supposed = resource<CostAnswer>(
  (signal) =>
    read('admin/cost', {
      signal,
      query: {
        tasks: orNull(tasks.value.peek()),
        vcpu: orNull(vcpu.value.peek()),
        memoryGiB: orNull(memory.value.peek()),
        region: orNull(region.value.peek()),
        requests: orNull(requests.value.peek()),
      },
    }),
  { everyMs: null, on: ALL.map(({ value }) => value) },
);

/** Other vCPUs may not go with this memory: the nearest that they go with is supposed along with them. */
export function supposeVcpu(wanted: number, now: CostDeployment): void {
  const memories = FARGATE_FAMILIES.find((family) => family.vcpu === wanted)?.memories ?? [];
  const current = memory.value.peek() === '' ? now.memoryGiB : Number(memory.value.peek());
  const nearest = memories.reduce((best, one) => (Math.abs(one - current) < Math.abs(best - current) ? one : best));
  setQuery({
    vcpu: wanted === now.vcpu ? null : String(wanted),
    memory: nearest === now.memoryGiB ? null : String(nearest),
  });
}
