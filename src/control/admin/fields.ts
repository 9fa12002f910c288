/** Parts that several calls take. */
import { z } from 'zod';
import type { Given } from './call.ts';
import { problemAnswer } from './answers.ts';
import { readBackendUrl } from '../config/addresses.ts';

export const poolName = z.string().min(1).max(200).meta({ description: "A pool's name" });
export const backendId = z.string().min(1).max(300).meta({ description: "A backend's id, percent-encoded" });
export const backendState = z
  .enum(['active', 'draining', 'maintenance'])
  .meta({ description: 'draining and maintenance get no new requests' });

export const dryRun = z
  .enum(['true', 'false'])
  .default('false')
  .transform((text) => text === 'true')
  .meta({ description: 'true: says what would change, and changes nothing' });

const WATCH_S = { min: 5, max: 3600 };

/** What a change takes in its query. */
export const changeQuery = z.strictObject({
  dryRun,
  watch: numberText(z.number().min(WATCH_S.min).max(WATCH_S.max))
    .optional()
    .meta({ description: 'Seconds for which it is undone by itself should p99 or errors get worse' }),
  watchP99: numberText(z.number().min(1.05).max(100))
    .default(1.5)
    .meta({ description: 'With watch: p99 may be so many times what it was, and 20 ms above it' }),
  watchErrors: numberText(z.number().min(0.001).max(1))
    .default(0.02)
    .meta({ description: 'With watch: the share of 5xx may be so much above what it was' }),
});
export type ChangeQuery = z.output<typeof changeQuery>;

/** Never repeats what it refuses: a password may be in it. */
export const backendUrl = z
  .string()
  .max(2000)
  .superRefine((url, context) => {
    const credentials = url.includes('@');
    const reading = credentials ? { problem: 'a URL of a backend holds no user or password' } : readBackendUrl(url);
    if ('problem' in reading) context.addIssue({ code: 'custom', message: reading.problem });
  })
  .meta({ description: '`http://host:port` or `unix:/path`' });

/** A number in a query. */
export function numberText(check: z.ZodType<number, number>): z.ZodType<number, string> {
  return z
    .string()
    .regex(/^-?\d{1,15}(\.\d{1,9})?$/, { error: 'expected a number' })
    .transform(Number)
    .pipe(check);
}

/** A moment in a query: ISO 8601, seconds since 1970, or seconds before now as a negative number. Gives milliseconds or what to add to now. */
export const moment = z
  .string()
  .max(40)
  .transform((text, context) => {
    if (/^-?\d{1,12}(\.\d{1,3})?$/.test(text)) return Number(text) * 1000;
    const at = /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN;
    if (!Number.isNaN(at)) return at;
    context.addIssue({
      code: 'custom',
      message: 'expected ISO 8601 (`2026-01-31T12:00:00Z`), seconds since 1970, or seconds before now (`-3600`)',
    });
    return z.NEVER;
  });

export const problemGiven = (says: string): Given => ({
  says,
  schema: problemAnswer,
  types: ['application/problem+json'],
});
