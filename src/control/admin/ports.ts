/** What the admin API may ask for. The supervisor provides it; tests hand in twins. */
import type { Readable } from 'node:stream';
import type { CopilotAnswer, CopilotLine } from '#contract/copilot.ts';
import type { CostAnswer } from '#contract/cost.ts';
import type { HistoryAnswer } from '#contract/history.ts';
import type { IncidentAnswer, IncidentEntry } from '#contract/incidents.ts';
import type { ReplicasAnswer } from '#contract/replicas.ts';
import type { RequestAnswer, RequestListName, RequestsAnswer } from '#contract/requests.ts';
import type { AuditEntry, ChangeAnswer, DriftEntry, FieldProblem, RevisionEntry, Role } from '#contract/control.ts';
import type { ConfigDocument } from '../config/document.ts';
import type { StreamTerms } from '../events/event-stream.ts';
import type { ReplicaQuestion, ReplicaReply } from '../shared/replica-mail.ts';
import type { AdminView } from './view.ts';
import type { ToolRunner } from '../tools/tool.ts';

/** Who asks, and from where. */
export interface Actor {
  readonly name: string;
  readonly role: Role;
  /** The client's address. */
  readonly from: string;
}

export interface ChangeRequest {
  readonly actor: Actor;
  /** One sentence, for revisions and the audit. */
  readonly summary: string;
  /** The ETag that the change was made for; null: whatever is in force. */
  readonly ifMatch: string | null;
  readonly dryRun: boolean;
  /** Changes the document, a copy. Throws `Refused` when what it names is not there. */
  readonly edit: (document: ConfigDocument) => void;
}

export type ChangeResult =
  | ({ readonly kind: 'done'; readonly etag: string } & ChangeAnswer)
  /** The new configuration is not valid. */
  | { readonly kind: 'invalid'; readonly problems: readonly FieldProblem[] }
  /** `ifMatch` is not what is in force. */
  | { readonly kind: 'stale'; readonly etag: string; readonly revision: number }
  /** Valid, and yet it cannot be: it needs a restart, the thing named is not there, … */
  | { readonly kind: 'refused'; readonly status: 404 | 409; readonly why: string }
  /** It could not be kept (the disk is full, …); what was in force still is. */
  | { readonly kind: 'failed'; readonly why: string };

/** The configuration in force, and changes to it, one after another. */
export interface ConfigPort {
  /** Strong, quoted; moves with every revision. */
  readonly etag: string;
  readonly revision: number;
  /** The document in force, secrets in it. A copy. */
  document(): ConfigDocument;
  revisions(): readonly RevisionEntry[];
  /** The text of a revision that is kept; null: it is not. */
  revisionText(revision: number): string | null;
  drift(): DriftEntry;
  change(request: ChangeRequest): Promise<ChangeResult>;
  /** Back to `revision`, or to the one before the one in force. It becomes a new revision. */
  rollback(
    request: Omit<ChangeRequest, 'edit' | 'summary'> & {
      readonly revision: number | null;
      /** Called with what would come back and its number, before anything is done. Throws `Invalid` when it may not be. */
      readonly check?: (document: ConfigDocument, revision: number) => void;
    },
  ): Promise<ChangeResult>;
  /** Writes the configuration in force into the file that it was read from. */
  save(request: Pick<ChangeRequest, 'actor' | 'ifMatch' | 'dryRun'>): Promise<ChangeResult>;
}

/** A change that is to be undone when it makes things worse. */
export interface WatchRequest {
  /** That the change made, and that comes back should it be undone. */
  readonly revision: number;
  readonly backTo: number;
  readonly by: { readonly name: string; readonly from: string };
  readonly summary: string;
  readonly forMs: number;
  /** p99 may be so many times what it was. */
  readonly p99Times: number;
  /** The share of 5xx may be so much above what it was. */
  readonly errorsMore: number;
}

export interface GuardPort {
  /** Until when, ISO 8601. */
  watch(request: WatchRequest, audit: Pick<AuditPort, 'record'>): string;
}

export interface AuditPort {
  /** Resolves once it cannot be lost. */
  record(entry: Omit<AuditEntry, 'at'>): Promise<void>;
  /** The newest first. */
  entries(limit: number): readonly AuditEntry[];
}

export interface HistoryPort {
  /** Milliseconds since 1970; `stepS` null: whatever gives at most a few hundred steps. */
  between(fromMs: number, toMs: number, stepS: number | null): HistoryAnswer;
}

/** What a cost estimate may be asked to suppose; whatever is left out is as it is. */
export interface CostQuestion {
  readonly region?: string;
  readonly tasks?: number;
  readonly vcpu?: number;
  readonly memoryGiB?: number;
  /** Requests in a month. */
  readonly requests?: number;
}

export interface CostPort {
  /** Rejects with an error whose message says what would be right: an unknown region, sizes that Fargate does not have. */
  estimate(question: CostQuestion): Promise<CostAnswer>;
}

/** Which recorded requests are wanted; null: whichever. */
export interface RequestsQuestion {
  readonly list: RequestListName;
  readonly limit: number;
  readonly pool: string | null;
  /** One that was asked, whoever answered in the end. */
  readonly backend: string | null;
  readonly route: string | null;
  readonly status: number | null;
  /** Milliseconds that they took at least. */
  readonly minMs: number;
}

export interface RequestsPort {
  list(question: RequestsQuestion): Promise<RequestsAnswer>;
  /** Without a request: there is none of this id, at the workers that have answered. */
  explain(id: string): Promise<RequestAnswer | { readonly missingWorkers: readonly number[] }>;
}

export interface CopilotPort {
  state(): Promise<CopilotAnswer>;
  /** `asker`: who may not ask again before this is answered. `busy`: they, or too many others, are being answered. */
  /** `run`: calls of the admin API with the asker's rights, for a model's tools. */
  ask(question: string, asker: string, run: ToolRunner): AsyncGenerator<CopilotLine> | 'busy';
  /** The asker has gone. Harmless when the answer has ended. */
  leave(asker: string): void;
}

export interface IncidentsPort {
  /** The newest first. */
  list(): readonly IncidentEntry[];
  /** Null: there is none of this id. */
  get(id: string): IncidentAnswer | null;
}

export interface ReplicasPort {
  list(): ReplicasAnswer;
  /** Null: it did not answer. */
  ask(replica: string, question: ReplicaQuestion): Promise<ReplicaReply | null>;
  /** Says who answers what other replicas ask. */
  serve(answer: (question: ReplicaQuestion) => Promise<ReplicaReply>): void;
}

/** What happens, as it happens. */
export interface EventsPort {
  /** The stream, in the form of server-sent events. `full`: there is no place; `closed`: the process is stopping. */
  subscribe(terms: StreamTerms, after: string | null): Readable | 'full' | 'closed';
}

export interface AdminPorts {
  readonly view: AdminView;
  readonly config: ConfigPort;
  readonly audit: AuditPort;
  readonly history: HistoryPort;
  readonly cost: CostPort;
  readonly requests: RequestsPort;
  readonly events: EventsPort;
  readonly copilot: CopilotPort;
  readonly incidents: IncidentsPort;
  readonly guard: GuardPort;
  readonly replicas: ReplicasPort;
}
