/** Reads a file of cases. A string may hold `{{text*count}}`, which stands for the text repeated. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

export function loadCases<Case extends { readonly name: string }>(file: string): Case[] {
  const cases = expand(JSON.parse(readFileSync(resolve(import.meta.dirname, file), 'utf8'))) as Case[];
  const names = new Set(cases.map(({ name }) => name));
  if (names.size !== cases.length) throw new Error(`${file}: two cases of one name`);
  return cases;
}

function expand(value: unknown): unknown {
  if (typeof value === 'string') {
    return value.replace(/\{\{([\s\S]*?)\*(\d+)\}\}/g, (_, text: string, count: string) => text.repeat(Number(count)));
  }
  if (Array.isArray(value)) return value.map(expand);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, expand(inner)]));
}
