/** The kinds of value that the schema is made of. Each is read once, and says in its own words what would be right. */
import { z } from 'zod';
import { readBackendUrl, readCidr, readListenAddress, readStatusSet } from './addresses.ts';
import { readDuration, readRate, readShare, readSize, type Reading } from './quantities.ts';

const wanting =
  (expected: string) =>
  ({ input }: { readonly input?: unknown }): string =>
    input === undefined ? `is missing; expected ${expected}` : `expected ${expected}`;

/** A scalar that `read` turns into what the plan needs. */
function scalar<T>(expected: string, read: (raw: string | number) => Reading<T>) {
  return z.union([z.string(), z.number()], { error: wanting(expected) }).transform((raw, context): T => {
    const reading = read(raw);
    if ('value' in reading) return reading.value;
    context.addIssue({ code: 'custom', message: reading.problem, input: raw });
    return z.NEVER;
  });
}

function text<T>(expected: string, read: (raw: string) => Reading<T>) {
  return z.string({ error: wanting(expected) }).transform((raw, context): T => {
    const reading = read(raw);
    if ('value' in reading) return reading.value;
    context.addIssue({ code: 'custom', message: reading.problem, input: raw });
    return z.NEVER;
  });
}

interface DurationBounds {
  /** Least milliseconds; 0 is then allowed only with `orNone`. */
  readonly min?: number;
  /** Most milliseconds. */
  readonly max?: number;
  /** Whether 0 stands for "no limit". */
  readonly orNone?: boolean;
}

/** Milliseconds. */
export function duration(bounds: DurationBounds = {}) {
  return scalar('a duration such as `250ms`, `5s`, `2m` or `1h`', (raw) => {
    const reading = readDuration(raw);
    if ('problem' in reading) return reading;
    if (reading.value === 0 && bounds.orNone === true) return reading;
    if (reading.value < (bounds.min ?? 0))
      return { problem: `\`${raw}\` is too short; \`${bounds.min}ms\` is the least` };
    if (bounds.max !== undefined && reading.value > bounds.max)
      return { problem: `\`${raw}\` is too long; \`${bounds.max}ms\` is the most` };
    return reading;
  });
}

/** Bytes, from `min`; 0 always means "no limit" where `orNone` allows it. */
export function size(bounds: { readonly min: number; readonly max?: number; readonly orNone?: boolean }) {
  return scalar('a size such as `4096`, `32KiB` or `1MB`', (raw) => {
    const reading = readSize(raw);
    if ('problem' in reading || (reading.value === 0 && bounds.orNone === true)) return reading;
    if (reading.value < bounds.min) return { problem: `\`${raw}\` is too small; \`${bounds.min}\` bytes is the least` };
    if (bounds.max !== undefined && reading.value > bounds.max)
      return { problem: `\`${raw}\` is too large; \`${bounds.max}\` bytes is the most` };
    return reading;
  });
}

/** Bytes, or a share of what the process may have. */
export function memoryBound() {
  return scalar(
    'a size such as `1GiB`, or a share such as `90%`',
    (raw): Reading<{ bytes: number } | { share: number }> => {
      if (typeof raw === 'string' && raw.trim().endsWith('%')) {
        const reading = readShare(raw.trim());
        return 'problem' in reading ? reading : { value: { share: reading.value } };
      }
      const reading = readSize(raw);
      return 'problem' in reading ? reading : { value: { bytes: reading.value } };
    },
  );
}

/** Events per second. */
export const rate = () => scalar('a rate such as `100/s` or `600/min`', readRate);

/** 0 to 1. */
export const share = () => scalar('a share such as `20%` or `0.2`', readShare);

export const listenAddress = () =>
  scalar('an address such as `0.0.0.0:8080`, `:8080` or `unix:/path`', readListenAddress);

export const backendUrl = () => text('a URL such as `http://10.0.0.11:3000`', readBackendUrl);

export const cidr = () => text('a network such as `10.0.0.0/8`', readCidr);

export const statusSet = () => scalar('statuses such as `200-399` or `200,204`', readStatusSet);

/** A whole number. */
export const count = (min: number, max: number) => z.number().int().min(min).max(max);

/**
 * Names of listeners, routes and pools: they stand in URLs, metric labels and log lines, so they keep to characters that
 * need no quoting in any of them.
 */
export const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
export const NAME_HELP = 'a name has 1 to 63 letters, digits, `.`, `_` or `-`, and begins with a letter or digit';
export const name = () => z.string().regex(NAME, { error: NAME_HELP });

/**
 * A backend's id may also be what its URL says: `host:port`, `[::1]:80` or a path. Dot segments are no id, encoded neither:
 * clients take them out of a URL (WHATWG URL, 4.4), so nothing could be asked about such a backend.
 */
export const backendId = () =>
  z
    .string()
    .regex(/^[A-Za-z0-9._:@[\]/-]{1,128}$/, {
      error: 'an id has 1 to 128 letters, digits or `.`, `_`, `:`, `@`, `[`, `]`, `/`, `-`',
    })
    .regex(/^(?!(?:.*\/)?\.\.?(?:\/|$))/, {
      error: 'an id with `.` or `..` between slashes, or alone, cannot stand in a URL; choose another',
    });

/** A mapping with known keys only; the message for an unknown one is made in messages.ts. */
export const section = <S extends z.ZodRawShape>(shape: S) => z.strictObject(shape);

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** A field name (RFC 9110, section 5.1), lower case. */
export const fieldName = () =>
  z
    .string()
    .regex(TOKEN, { error: 'expected the name of a header field, such as `x-user`' })
    .transform((raw) => raw.toLowerCase());

/** A field value (RFC 9110, section 5.5) in visible ASCII, tabs and spaces inside it. */
export const fieldValue = () =>
  z.string().regex(/^$|^[\x21-\x7e]([\t\x20-\x7e]*[\x21-\x7e])?$/, {
    error: 'a header value holds visible ASCII, with spaces only inside it; encode anything else',
  });

/** A method (RFC 9110, section 9.1). Methods are case-sensitive; a lower-case one is a slip. */
export const method = () =>
  z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Z-]+$/, { error: 'expected a method in capitals, such as `GET`' });
