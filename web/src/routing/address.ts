/**
 * Where the reader is: the page and its query, as signals over the History API. Whatever is worth a link is in the query
 * (pool, range, filters), so that an address that is passed on shows the same.
 */
import { batch, computed, signal, type ReadonlySignal } from '@preact/signals';
import { PAGES, type PagePath } from '#contract/pages.ts';

/** Where the dashboard is mounted, with a slash at its end. All pages lie directly below it. */
export const BASE = new URL('./', document.baseURI);

const KNOWN: readonly string[] = PAGES.map(({ path }) => path);
/** What a reader takes along from page to page. */
const CARRIED = ['pool', 'range', 'from', 'to'] as const;

const currentPath = signal(pathNow());
const currentQuery = signal(new URLSearchParams(location.search));

/** The page's path; null when there is no such page. */
export const page: ReadonlySignal<PagePath | null> = computed(() =>
  KNOWN.includes(currentPath.value) ? (currentPath.value as PagePath) : null,
);
/** Not to be changed in place: `setQuery` changes it. */
export const query: ReadonlySignal<URLSearchParams> = currentQuery;

export type Query = Readonly<Record<string, string | null>>;

/** The address of a page. What is carried along is, unless `given` says otherwise; null takes a name away. */
export function addressOf(path: PagePath, given: Query = {}): string {
  const wanted = new URLSearchParams();
  for (const name of CARRIED) {
    const value = currentQuery.value.get(name);
    if (value !== null) wanted.set(name, value);
  }
  return new URL(path, BASE).pathname + textOf(edited(wanted, given));
}

/** Goes to an address of the dashboard, as a link would. */
export function navigate(address: string): void {
  history.pushState(null, '', address);
  take();
}

/** Changes the query in place: `replace` leaves no step to go back over, for what changes as one types or drags. */
export function setQuery(changes: Query, how: 'replace' | 'push' = 'replace'): void {
  const text = textOf(edited(new URLSearchParams(currentQuery.value), changes));
  if (text === location.search) return;
  const address = location.pathname + text;
  if (how === 'push') history.pushState(null, '', address);
  else history.replaceState(null, '', address);
  take();
}

/** Begins to follow the browser's own steps. */
export function followHistory(): void {
  addEventListener('popstate', take);
}

function take(): void {
  batch(() => {
    currentPath.value = pathNow();
    if (currentQuery.value.toString() !== new URLSearchParams(location.search).toString()) {
      currentQuery.value = new URLSearchParams(location.search);
    }
  });
}

function pathNow(): string {
  return location.pathname.slice(BASE.pathname.length);
}

function edited(query: URLSearchParams, changes: Query): URLSearchParams {
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) query.delete(name);
    else query.set(name, value);
  }
  return query;
}

function textOf(query: URLSearchParams): string {
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}
