/** What the control plane answers about configuration, revisions, the audit, tokens and sessions. */
import type { StrategyInForce } from './admin.ts';

export type Role = 'viewer' | 'operator';

/** Who asked. */
export interface ActorEntry {
  /** A token's name; `file`, `signal` or `start` when nobody asked over the API. */
  readonly name: string;
  /** Where from: a client's address, or a file's path. */
  readonly from: string;
}

/** `shared`: said at another replica. */
export type RevisionSource = 'file' | 'api' | 'rollback' | 'shared';

export interface RevisionEntry {
  /** Counts up over restarts. */
  readonly revision: number;
  /** ISO 8601. */
  readonly at: string;
  readonly by: ActorEntry;
  readonly source: RevisionSource;
  /** One sentence: `weight of app/a: 1 -> 5`. */
  readonly summary: string;
  /** Lines such as `pools.app.backends.b.weight: 1 -> 2`, against the revision before. */
  readonly diff: readonly string[];
  /** Whether this is the one in force. */
  readonly inForce: boolean;
}

/** `GET /admin/config/revisions`, the newest first. */
export interface RevisionsAnswer {
  readonly revisions: readonly RevisionEntry[];
}

/** `GET /admin/config/revisions/{revision}`. Secrets read `***`. */
export interface RevisionAnswer extends RevisionEntry {
  readonly config: unknown;
}

/** How what runs differs from what the file says. */
export interface DriftEntry {
  /** Null: there is no file. */
  readonly file: string | null;
  /** What is in force: the file, or what was changed live. Whichever was said last wins. */
  readonly wins: 'file' | 'live';
  /** What the file would change, were it in force; empty when there is no drift. */
  readonly diff: readonly string[];
  /** A revision made live that a later change of the file has set aside; null: none. */
  readonly setAside: number | null;
  /** One sentence for an operator. */
  readonly says: string;
}

/** `GET /admin/config`. Secrets read `***`; references such as `${NAME}` stay as they are written. */
export interface ConfigAnswer {
  readonly revision: number;
  readonly config: unknown;
}

/** What a change did, or would do. */
export interface ChangeAnswer {
  readonly revision: number;
  readonly dryRun: boolean;
  /** False: nothing was different. */
  readonly changed: boolean;
  readonly diff: readonly string[];
  readonly warnings: readonly string[];
  /** Whether every worker obeys it already. */
  readonly obeyed: boolean;
  /** Whether it survives a restart: in `state.dir`, or with what replicas share. */
  readonly kept: boolean;
  /** ISO 8601: until when it is undone by itself should things get worse; absent: it was not asked to be. */
  readonly watchedUntil?: string;
}

/** `PUT /admin/strategy` */
export interface StrategyChangeAnswer extends ChangeAnswer {
  readonly pool: string;
  readonly strategy: StrategyInForce;
}

/** One thing wrong in a request. */
export interface FieldProblem {
  /** As in the configuration: `pools.app.backends.0.weight`; '' is the whole. */
  readonly path: string;
  readonly message: string;
}

export interface AuditEntry {
  /** ISO 8601. */
  readonly at: string;
  readonly by: ActorEntry;
  /** `config.change`, `config.rollback`, `token.create`, `token.revoke`, `session.begin`, `session.end`, `auth.refused`, … */
  readonly action: string;
  readonly summary: string;
  /** The configuration revision that came of it; null: none. */
  readonly revision: number | null;
  readonly ok: boolean;
}

/** `GET /admin/audit`, the newest first. */
export interface AuditAnswer {
  readonly entries: readonly AuditEntry[];
}

export interface TokenEntry {
  readonly name: string;
  readonly role: Role;
  /** Where it is kept: the configuration, the environment, or the state directory. */
  readonly kept: 'configuration' | 'environment' | 'state';
  /** ISO 8601; null when not known. */
  readonly createdAt: string | null;
  readonly expiresAt: string | null;
  readonly lastUsedAt: string | null;
}

/** `GET /admin/tokens` */
export interface TokensAnswer {
  readonly tokens: readonly TokenEntry[];
}

/** `POST /admin/tokens`. The only time that the token is shown. */
export interface TokenCreatedAnswer extends TokenEntry {
  readonly token: string;
}

/** `GET` and `POST /admin/session` */
export interface SessionAnswer {
  readonly name: string;
  readonly role: Role;
  /** ISO 8601; null for a token, which has no session. */
  readonly expiresAt: string | null;
  /** True when reading needs no token here (`admin.publicRead`). */
  readonly publicRead: boolean;
}
