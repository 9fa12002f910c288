/** Changes as recommendations name them, and values as the configuration writes them. */
import type { ProposedChange, ProposedSetting } from '#contract/copilot.ts';

/** One key of a pool: `poolKey('app', ['limits', 'inFlight'], 2048)`. */
export function poolKey(pool: string, path: readonly string[], value: unknown): ProposedChange {
  return { kind: 'set', set: [{ path: ['pools', pool, ...path], value }] };
}

export function keys(...set: readonly ProposedSetting[]): ProposedChange {
  return { kind: 'set', set };
}

export function strategyChange(pool: string, strategy: unknown): ProposedChange {
  return { kind: 'call', method: 'PUT', path: '/admin/strategy', body: { pool, strategy } };
}

export function backendChange(pool: string, id: string, body: Readonly<Record<string, unknown>>): ProposedChange {
  const path = `/admin/backends/${encodeURIComponent(pool)}/${encodeURIComponent(id)}`;
  return { kind: 'call', method: 'PATCH', path, body };
}

/** `1500` as `1500ms`, `2000` as `2s`. */
export function durationText(ms: number): string {
  const whole = Math.max(1, Math.round(ms));
  return whole % 1000 === 0 ? `${whole / 1000}s` : `${whole}ms`;
}
