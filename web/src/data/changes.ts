/**
 * What an operator can change. Each takes `dryRun`: then it says what would change, and changes nothing. All reject with a
 * `Fault`; an `outdated` one means that somebody else was first.
 */
import type { StrategyInForce } from '#contract/admin.ts';
import type { ChangeAnswer, StrategyChangeAnswer } from '#contract/control.ts';
import { send, type SendOptions } from './client.ts';

export interface ChangeOptions {
  readonly dryRun?: boolean;
  readonly ifMatch?: string;
  /** Seconds for which the server undoes it by itself, should p99 or errors get worse. */
  readonly watch?: number;
  /** Told the ETag of the configuration in force: what a change that has been looked at first is made for. */
  readonly onEtag?: (etag: string) => void;
}

export interface NewBackend {
  readonly pool: string;
  /** Made from the URL when left out. */
  readonly id?: string;
  readonly url: string;
  readonly weight?: number;
  readonly tier?: number;
}

/** What an operator says of a backend; what probes say is its state. */
export type WantedState = 'active' | 'draining' | 'maintenance';

export function addBackend(backend: NewBackend, options?: ChangeOptions): Promise<ChangeAnswer> {
  return change('POST', 'admin/backends', options, { body: backend });
}

export function editBackend(
  pool: string,
  id: string,
  edit: { readonly weight: number } | { readonly state: WantedState },
  options?: ChangeOptions,
): Promise<ChangeAnswer> {
  return change('PATCH', backendPath(pool, id), options, { body: edit });
}

export function removeBackend(pool: string, id: string, options?: ChangeOptions): Promise<ChangeAnswer> {
  return change('DELETE', backendPath(pool, id), options);
}

export function setStrategy(
  pool: string,
  strategy: StrategyInForce,
  options?: ChangeOptions,
): Promise<StrategyChangeAnswer> {
  return change('PUT', 'admin/strategy', options, { body: { pool, strategy } });
}

/** `config`: YAML as text, or the configuration as data. */
export function putConfig(config: unknown, options?: ChangeOptions): Promise<ChangeAnswer> {
  return change('PUT', 'admin/config', options, { body: config });
}

/** Back to a revision; without one, to the one before. */
export function rollBack(revision: number | null, options?: ChangeOptions): Promise<ChangeAnswer> {
  return change('POST', 'admin/config/rollback', options, { body: revision === null ? {} : { revision } });
}

/** Writes what is in force into the file that it was read from. */
export function saveConfig(options?: ChangeOptions): Promise<ChangeAnswer> {
  return change('POST', 'admin/config/save', options);
}

/** A call of the admin API as somebody has proposed it; `path` begins with `/admin/`. */
export function proposedCall(
  { method, path, body }: { readonly method: string; readonly path: string; readonly body: unknown },
  options?: ChangeOptions,
): Promise<ChangeAnswer> {
  return change(method, path.replace(/^\//, ''), options, { body });
}

async function change<T extends ChangeAnswer>(
  method: string,
  path: string,
  { dryRun = false, ifMatch, watch, onEtag }: ChangeOptions = {},
  more: SendOptions = {},
): Promise<T> {
  const options: SendOptions = {
    ...more,
    query: { dryRun: dryRun ? 'true' : null, watch: dryRun ? null : (watch ?? null) },
    ...(ifMatch !== undefined && { ifMatch }),
  };
  const answer = await send(method, path, options);
  const etag = answer.headers.get('etag');
  if (etag !== null) onEtag?.(etag);
  return (await answer.json()) as T;
}

function backendPath(pool: string, id: string): string {
  return `admin/backends/${encodeURIComponent(pool)}/${encodeURIComponent(id)}`;
}
