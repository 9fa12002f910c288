/** The part of a request that a hashing strategy places it by, as a u32. A request without it falls back to its client. */
import { crc32, murmur3 } from '#core/math/hash.ts';
import type { KeyPlan } from '#core/plan.ts';
import { FIELD_STRIDE, FieldId } from '#http1/head.ts';
import type { RequestHead } from '#http1/request-head.ts';

export type KeyHash = 'murmur3' | 'crc32';

export function requestKey(key: KeyPlan, hash: KeyHash, buf: Buffer, head: RequestHead, clientAddress: Buffer): number {
  const of = hash === 'murmur3' ? murmur3 : crc32;
  switch (key.from) {
    case 'client-ip':
      break;
    case 'path':
      return of(buf, head.pathStart, head.pathEnd);
    case 'target':
      return of(buf, head.pathStart, head.pathQueryEnd);
    case 'host':
      if (head.authorityEnd > head.authorityStart) return of(buf, head.authorityStart, head.authorityEnd);
      break;
    case 'header': {
      const field = findField(buf, head, key.name);
      if (field !== -1) return of(buf, head.fields.at[field + 2] as number, head.fields.at[field + 3] as number);
      break;
    }
    case 'cookie': {
      const value = cookieValue(buf, head, key.name);
      if (value !== null) return of(value, 0, value.length);
      break;
    }
    case 'query': {
      const value = queryValue(buf, head, key.name);
      if (value !== null) return of(value, 0, value.length);
      break;
    }
    default:
      return key satisfies never;
  }
  return of(clientAddress, 0, clientAddress.length);
}

/** The cell of the first field with this lower-case name, or -1. */
export function findField(buf: Buffer, head: RequestHead, name: string): number {
  const { at, count } = head.fields;
  for (let cell = 0; cell < count * FIELD_STRIDE; cell += FIELD_STRIDE) {
    const start = at[cell] as number;
    const end = at[cell + 1] as number;
    if (end - start === name.length && buf.toString('latin1', start, end).toLowerCase() === name) return cell;
  }
  return -1;
}

/** The value of a field by its lower-case name, or null. Allocates: for routes that match on fields only. */
export function fieldValue(buf: Buffer, head: RequestHead, name: string): string | null {
  const cell = findField(buf, head, name);
  if (cell === -1) return null;
  return buf.toString('latin1', head.fields.at[cell + 2], head.fields.at[cell + 3]);
}

/** The value of a cookie, or null. Allocates. */
export function cookieValue(buf: Buffer, head: RequestHead, name: string): Buffer | null {
  const field = head.fields.find(FieldId.cookie);
  if (field === -1) return null;
  const cell = field * FIELD_STRIDE;
  return valueOf(buf.toString('latin1', head.fields.at[cell + 2], head.fields.at[cell + 3]), ';', name);
}

function queryValue(buf: Buffer, head: RequestHead, name: string): Buffer | null {
  if (head.pathQueryEnd <= head.pathEnd) return null;
  return valueOf(buf.toString('latin1', head.pathEnd + 1, head.pathQueryEnd), '&', name);
}

function valueOf(pairs: string, separator: string, name: string): Buffer | null {
  for (const pair of pairs.split(separator)) {
    const equals = pair.indexOf('=');
    if (equals !== -1 && pair.slice(0, equals).trim() === name) return Buffer.from(pair.slice(equals + 1), 'latin1');
  }
  return null;
}
