/** What supervisor and workers say to each other. Everything that must be exact or fast is in shared memory instead. */
import type { Plan } from '#core/plan.ts';
import type { Capacity } from '#memory/layout.ts';
import type { BookQuery } from '#observe/decision-book.ts';
import type { RequestRecord } from '#observe/decision-record.ts';
import type { ExplainKey } from '#proxy/explain-keys.ts';
import type { TlsClientSettings, TlsSettings } from '#transport/transport.ts';

/** Addresses of backends whose URL has a name, by slot. A slot that is not named here is connected to as the plan says. */
export type ResolvedAddresses = Readonly<Record<number, readonly string[]>>;

/** Certificates, keys and authorities, by name. Never logged, never shown. */
export interface TlsMaterial {
  /** Of listeners that speak TLS. */
  readonly listeners: Readonly<Record<string, TlsSettings>>;
  /** Of pools with a backend that does. */
  readonly pools: Readonly<Record<string, TlsClientSettings>>;
}

/** `workerData` of a new worker; where that is null, its first message. */
export interface WorkerStart {
  /** Its row in every table. */
  readonly worker: number;
  readonly buffer: SharedArrayBuffer;
  readonly capacity: Capacity;
  readonly plan: Plan;
  readonly addresses: ResolvedAddresses;
  readonly tls: TlsMaterial;
  /** Ports to bind by listener name, where the plan says port 0 and another worker has already been given one. */
  readonly ports: Readonly<Record<string, number>>;
}

export type ToWorker =
  /** Obey this plan from now on; exchanges that have begun go on under the old one. */
  | { readonly type: 'plan'; readonly plan: Plan; readonly addresses: ResolvedAddresses; readonly tls: TlsMaterial }
  /** Certificates have been renewed, or ticket keys. */
  | { readonly type: 'tls'; readonly tls: TlsMaterial }
  | { readonly type: 'addresses'; readonly addresses: ResolvedAddresses }
  /** The access log's file has been moved away: open it anew. */
  | { readonly type: 'reopen-log' }
  /** Whose requests may ask to be recorded, all of them. */
  | { readonly type: 'explain-keys'; readonly keys: readonly ExplainKey[] }
  /** What it has recorded: answered with the same number. */
  | { readonly type: 'requests'; readonly ask: number; readonly query: BookQuery }
  /** Stop accepting, end keep-alive, finish what runs within `graceMs`, then say `drained`. */
  | { readonly type: 'drain'; readonly graceMs: number };

/** Requests that a worker has recorded: those of a list, without their picks, or the one that was asked for by its id. */
export interface FoundRequests {
  readonly records: readonly RequestRecord[];
}

export type FromWorker =
  | { readonly type: 'listening'; readonly engine: string; readonly ports: Readonly<Record<string, number>> }
  /** It cannot listen; `message` is a sentence for the operator. */
  | { readonly type: 'failed'; readonly message: string }
  /** The plan of this edition is in force here. */
  | { readonly type: 'published'; readonly revision: number; readonly edition: number }
  | ({ readonly type: 'requests'; readonly ask: number } & FoundRequests)
  /** Everything is finished; `cut` exchanges ran out of grace. */
  | { readonly type: 'drained'; readonly cut: number };
