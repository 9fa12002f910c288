/**
 * One call of the admin API as data: its path, who may make it, what it takes and gives, and what it does. Routing, the
 * rights, the reading of input, the OpenAPI document and the tests that no call is left open all follow from these.
 */
import type { z } from 'zod';
import type { AuditEntry } from '#contract/control.ts';
import type { Timers } from '#core/ports.ts';
import type { Arrival, Caller } from '../auth/caller.ts';
import type { Gate } from '../auth/gate.ts';
import type { Access } from '../auth/roles.ts';
import type { Sessions } from '../auth/sessions.ts';
import type { AdminSettings } from '../auth/settings.ts';
import type { Tokens } from '../auth/tokens.ts';
import type { Answer } from './answer.ts';
import type { Actor, AdminPorts } from './ports.ts';
import type { RepeatedAnswers } from './repeated-answers.ts';

/** What calls work with. */
export interface Api {
  readonly ports: AdminPorts;
  readonly settings: () => AdminSettings;
  readonly tokens: Tokens;
  readonly sessions: Sessions;
  readonly gate: Gate;
  readonly timers: Timers;
  readonly repeated: RepeatedAnswers;
  /** All there are: what tools of models are made of. */
  readonly calls: readonly AnyCall[];
  /** Of the product. */
  readonly version: string;
  /** Adds to the audit. What has been done stays done when the audit cannot be written; the log says so. */
  readonly audit: (entry: Omit<AuditEntry, 'at'>) => Promise<void>;
}

/** A request that may be made, its input read. */
export interface Asked<P = unknown, Q = unknown, B = unknown> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly caller: Caller;
  readonly arrival: Arrival;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly api: Api;
  /** Another replica asks, or this one was named: what is not known here is not looked for elsewhere. */
  readonly hereOnly?: boolean;
  /** Path and query as they were sent. */
  readonly given: { readonly path: string; readonly query: Readonly<Record<string, unknown>> };
}

type Schema = z.ZodType;

export interface Given {
  readonly says: string;
  /** Null: there is no body. */
  readonly schema: Schema | null;
  /** Media types; JSON when left out. */
  readonly types?: readonly string[];
}

export interface Call<P extends Schema, Q extends Schema, B extends Schema> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Parameters as `:name`. */
  readonly path: string;
  /** `operationId` of the OpenAPI document. */
  readonly id: string;
  readonly tag: string;
  readonly summary: string;
  readonly access: Access;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  /** Takes YAML text as well as JSON. */
  readonly yaml?: boolean;
  /** Bytes; 64 KiB when left out. */
  readonly bodyLimit?: number;
  /** Fields of the head that it looks at, for the document; `run` reads them itself. */
  readonly headers?: Schema;
  /** Takes `If-Match`, and gives an ETag. */
  readonly versioned?: boolean;
  /** Tells of one replica: takes `?replica=` as well (per-replica.ts). */
  readonly perReplica?: boolean;
  readonly gives: Readonly<Record<number, Given>>;
  readonly run: (asked: Asked<z.output<P>, z.output<Q>, z.output<B>>) => Answer | Promise<Answer>;
}

export type AnyCall = Call<Schema, Schema, Schema>;

/** Ties what `run` is handed to the schemas beside it. */
export function call<P extends Schema, Q extends Schema, B extends Schema>(given: Call<P, Q, B>): AnyCall {
  return given as unknown as AnyCall;
}

/** The asker of a call that only somebody may make. */
export function actorOf({ caller }: Asked): Actor {
  if (caller.actor === null) throw new Error('a call that nobody in particular may make has asked who makes it');
  return caller.actor;
}

/** As `RepeatedAnswers.take`, for a call whose answer is the same for everybody. */
export function repeated({ api }: Asked, what: string, make: () => Answer): Answer {
  return api.repeated.take(what, api.ports.config.revision, api.timers.nowMs(), make);
}

/** As the audit names them. */
export function byOf({ name, from }: Actor): { readonly name: string; readonly from: string } {
  return { name, from };
}
