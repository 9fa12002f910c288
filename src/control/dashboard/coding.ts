/** Which copy of a file a client gets, by Accept-Encoding (RFC 9110, 12.5.3). */
import type { BuiltFile, Coding } from './built-files.ts';

/** From the smallest. */
const PREFERRED = ['br', 'gzip'] as const;

/**
 * The smallest one that it takes. A client that refuses `identity` and takes nothing that is there gets it all the same, as
 * the section allows: it is better than an error.
 */
export function codingFor(accept: string | string[] | undefined, bodies: BuiltFile['bodies']): Coding {
  const weights = new Map<string, number>();
  for (const part of [accept].flat().join(',').split(',')) {
    const [name = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase());
    const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
    if (name !== '') weights.set(name === 'x-gzip' ? 'gzip' : name, weight === undefined ? 1 : Number(weight));
  }
  const takes = (coding: Coding): boolean => (weights.get(coding) ?? weights.get('*') ?? 0) > 0;
  return PREFERRED.find((coding) => bodies[coding] !== undefined && takes(coding)) ?? 'identity';
}
