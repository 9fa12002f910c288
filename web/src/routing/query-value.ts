/**
 * One value of a page's state that lives in the address: read as a signal, changed in place. What is the fallback is not
 * written, so that an address says only what somebody has chosen.
 */
import { computed, type ReadonlySignal } from '@preact/signals';
import { query, setQuery } from './address.ts';

export interface QueryValue<T extends string> {
  readonly value: ReadonlySignal<T>;
  readonly set: (value: T) => void;
}

/** `allowed`: anything else in an address counts as the fallback; left out: any text. */
export function queryValue<T extends string>(name: string, fallback: T, allowed?: readonly T[]): QueryValue<T> {
  const value = computed(() => {
    const given = query.value.get(name) as T | null;
    if (given === null || (allowed !== undefined && !allowed.includes(given))) return fallback;
    return given;
  });
  return { value, set: (next) => setQuery({ [name]: next === fallback ? null : next }) };
}
