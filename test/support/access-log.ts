/** A balancer with an access log, run as its users run it, and the lines that it wrote. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { Balancer } from './balancer.ts';

export interface Line {
  readonly id?: string;
  readonly route?: string;
  readonly method?: string;
  readonly target?: string;
  readonly status?: number;
  readonly reason?: string;
  readonly fault?: string;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly durationMs: number;
  readonly pool?: string;
  readonly backend?: string;
  readonly attempts: readonly { readonly backend: string; readonly outcome: string; readonly ms: number }[];
  readonly traceId?: string;
  readonly dropped?: number;
}

/** Every line, each held to be one JSON object; what the product says for itself is left out. */
export function linesIn(text: string): Line[] {
  assert.ok(text === '' || text.endsWith('\n'), 'the last line is not whole');
  const lines = text.split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as Line & { msg?: string }).filter(({ msg }) => msg === undefined);
}
export const linesOf = (path: string): Line[] => linesIn(readFileSync(path, 'utf8'));

export function configuration(backends: readonly string[], access: object, more: object = {}): Record<string, unknown> {
  const pools = { app: { backends, health: null, ...more } };
  return { workers: 2, log: { access }, pools, rateLimits: { 'per-client': null } };
}

export async function balancer(
  t: TestContext,
  backends: readonly string[],
  access: object,
  more: object = {},
): Promise<Balancer> {
  const started = await Balancer.start({ config: configuration(backends, access, more) });
  t.after(() => started.stop());
  return started;
}

/** Ends it as an operator would, and expects that it ended well. */
export async function terminate(process: Balancer): Promise<void> {
  process.signal('SIGTERM');
  assert.equal(await process.exited(), 0, process.output);
}
