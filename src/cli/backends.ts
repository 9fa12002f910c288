/** `edgebalancer backends`: a table of backends and how they are; adding, changing and removing them. */
import { styleText } from 'node:util';
import type { BackendEntry, BackendsAnswer } from '#contract/admin.ts';
import { withAdmin, type AdminClient } from './admin-client.ts';
import type { ReadOptions } from './admin-place.ts';
import { makeChange, type Change, type ChangeOptions } from './change.ts';
import { ending } from './command-error.ts';
import { harmless } from './harmless.ts';
import type { Io } from './io.ts';
import { table } from './table.ts';

export interface BackendsOptions extends ReadOptions {
  readonly json?: boolean;
  /** Seconds between two tables; absent: one table. */
  readonly watch?: number;
}

/** `signal` ends a watch. */
export function backends(options: BackendsOptions, io: Io, signal?: AbortSignal): Promise<number> {
  return ending(io, () =>
    withAdmin(options, io, async (client) => {
      const { watch, json, replica } = options;
      if (watch === undefined) {
        const answer = await client.get<BackendsAnswer>('admin/backends', { replica });
        io.stdout(json === true ? `${JSON.stringify(answer, null, 2)}\n` : backendTable(answer));
        return 0;
      }
      const { watching } = await import('./watching.ts');
      return await watching(io, watch, () => glance(client, replica, json === true), signal);
    }),
  );
}

/** JSON takes one line each time, so that a reader can tell one from the next. */
async function glance(
  client: AdminClient,
  replica: string | undefined,
  json: boolean,
): Promise<{ readonly text: string; readonly plain: boolean }> {
  const answer = await client.get<BackendsAnswer>('admin/backends', { replica });
  return { text: json ? `${JSON.stringify(answer)}\n` : backendTable(answer), plain: json };
}

export interface AddOptions extends ChangeOptions {
  readonly id?: string;
  readonly weight?: number;
  readonly tier?: number;
}

export function addBackend(pool: string, url: string, options: AddOptions, io: Io): Promise<number> {
  const { id, weight, tier } = options;
  const optional = Object.entries({ id, weight, tier }).filter(([, value]) => value !== undefined);
  return changing(
    { method: 'POST', path: 'admin/backends', body: { pool, url, ...Object.fromEntries(optional) } },
    options,
    io,
  );
}

export function removeBackend(pool: string, id: string, options: ChangeOptions, io: Io): Promise<number> {
  return changing({ method: 'DELETE', path: backendPath(pool, id) }, options, io);
}

export type BackendPatch = { readonly weight: number } | { readonly state: 'active' | 'draining' | 'maintenance' };

export function patchBackend(
  pool: string,
  id: string,
  patch: BackendPatch,
  options: ChangeOptions,
  io: Io,
): Promise<number> {
  return changing({ method: 'PATCH', path: backendPath(pool, id), body: patch }, options, io);
}

export function backendPath(pool: string, id: string): string {
  return `admin/backends/${encodeURIComponent(pool)}/${encodeURIComponent(id)}`;
}

function changing(change: Change, options: ChangeOptions, io: Io): Promise<number> {
  return ending(io, () => withAdmin(options, io, (client) => makeChange(client, change, options, io)));
}

const HEAD = [
  'POOL',
  'BACKEND',
  'STATE',
  'WEIGHT',
  'SHARE',
  'REQUESTS',
  'FAILURES',
  'IN FLIGHT',
  'P50',
  'P99',
  'LAST PROBE',
];
/** Columns that hold numbers. */
const RIGHT = [3, 4, 5, 6, 7, 8, 9];

export function backendTable({ pools }: BackendsAnswer): string {
  const rows = pools.flatMap((pool) => pool.backends.map((backend) => [harmless(pool.name), ...cells(backend)]));
  return table(HEAD, rows, RIGHT);
}

function cells(backend: BackendEntry): string[] {
  const { id, state, weight, effectiveWeight, share, requests, failures, inFlight, latencyMs, lastProbe } = backend;
  return [
    harmless(id),
    styleText(COLOURS[state] ?? 'dim', harmless(state)),
    effectiveWeight === weight ? String(weight) : `${effectiveWeight.toFixed(2)} of ${weight}`,
    `${(share * 100).toFixed(1)} %`,
    String(requests),
    String(failures),
    String(inFlight),
    `${latencyMs.p50.toFixed(1)} ms`,
    `${latencyMs.p99.toFixed(1)} ms`,
    harmless(lastProbe?.detail ?? 'none'),
  ];
}

const COLOURS = {
  healthy: 'green',
  falling: 'yellow',
  rising: 'yellow',
  unhealthy: 'red',
  draining: 'dim',
  maintenance: 'dim',
  unknown: 'dim',
} as const satisfies Record<BackendEntry['state'], string>;
