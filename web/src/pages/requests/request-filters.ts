/** Which recorded requests are looked at, and which of them is open: all of it in the address. */
import { computed, type ReadonlySignal } from '@preact/signals';
import { REQUEST_LISTS, type RequestListName, type RequestsAnswer } from '#contract/requests.ts';
import { read } from '../../data/client.ts';
import { resource } from '../../data/resource.ts';
import { queryValue } from '../../routing/query-value.ts';

/** Of one answer: as many as a reader scrolls through. */
const SHOWN_MAX = 100;
const EVERY_MS = 3_000;

export const list = queryValue<RequestListName>('list', 'recent', REQUEST_LISTS);
export const pool = queryValue<string>('pool', '');
export const backend = queryValue<string>('backend', '');
export const route = queryValue<string>('route', '');
/** `200`, or nothing. */
export const status = queryValue<string>('status', '');
/** Milliseconds that it took at least, or nothing. */
export const least = queryValue<string>('minMs', '');
/** The id of the request that is shown closely. */
export const openId = queryValue<string>('id', '');

export const isFiltered: ReadonlySignal<boolean> = computed(() =>
  [pool, backend, route, status, least].some(({ value }) => value.value !== ''),
);

export function clearFilters(): void {
  for (const one of [pool, backend, route, status, least]) one.set('');
}

const orNull = (text: string): string | null => (text === '' ? null : text);

export const requests = resource<RequestsAnswer>(
  (signal) =>
    read('admin/requests', {
      signal,
      query: {
        list: list.value.peek(),
        pool: orNull(pool.value.peek()),
        backend: orNull(backend.value.peek()),
        route: orNull(route.value.peek()),
        status: orNull(status.value.peek()),
        minMs: orNull(least.value.peek()),
        limit: SHOWN_MAX,
      },
    }),
  {
    everyMs: EVERY_MS,
    on: [list.value, pool.value, backend.value, route.value, status.value, least.value],
  },
);
