/** The admin API, typed by the contract. Every call either resolves with its answer or rejects with a `Fault`. */
import type { BackendsAnswer, MetricsAnswer, OverviewAnswer, StrategyAnswer } from '#contract/admin.ts';
import type {
  AuditAnswer,
  ConfigAnswer,
  RevisionAnswer,
  RevisionsAnswer,
  SessionAnswer,
  TokensAnswer,
} from '#contract/control.ts';
import type { CopilotAnswer } from '#contract/copilot.ts';
import type { CostAnswer } from '#contract/cost.ts';
import type { HistoryAnswer } from '#contract/history.ts';
import type { IncidentAnswer, IncidentsAnswer } from '#contract/incidents.ts';
import type { RequestAnswer, RequestsAnswer } from '#contract/requests.ts';
import type { ReplicasAnswer } from '#contract/replicas.ts';
import { BASE } from '../routing/address.ts';
import { observeClock } from './clock.ts';
import { Fault, faultOf, unreachable } from './fault.ts';

/** Longer than any call takes; a change waits for all workers to obey. */
const TIMEOUT_MS = 15_000;

/** What can be read, by path. */
export interface Reads {
  'admin/overview': OverviewAnswer;
  'admin/backends': BackendsAnswer;
  'admin/replicas': ReplicasAnswer;
  'admin/metrics': MetricsAnswer;
  'admin/strategy': StrategyAnswer;
  'admin/cost': CostAnswer;
  'admin/history': HistoryAnswer;
  'admin/config': ConfigAnswer;
  'admin/config/revisions': RevisionsAnswer;
  'admin/audit': AuditAnswer;
  'admin/tokens': TokensAnswer;
  'admin/session': SessionAnswer;
  'admin/copilot': CopilotAnswer;
  'admin/incidents': IncidentsAnswer;
  [incident: `admin/incidents/${string}`]: IncidentAnswer;
  'admin/requests': RequestsAnswer;
  [request: `admin/requests/${string}`]: RequestAnswer;
  [revision: `admin/config/revisions/${number}`]: RevisionAnswer;
}

export type QueryFields = Readonly<Record<string, string | number | null>>;

export interface SendOptions {
  readonly query?: QueryFields;
  /** Sent as JSON; text as YAML. */
  readonly body?: unknown;
  /** The ETag that a change is made for. */
  readonly ifMatch?: string;
  readonly accept?: string;
  readonly signal?: AbortSignal;
}

const signedOutListeners = new Set<() => void>();

/** Called whenever an answer says that nobody is signed in. */
export function onSignedOut(listener: () => void): void {
  signedOutListeners.add(listener);
}

/** The address of a call, below wherever the dashboard is mounted. */
export function callAddress(path: string, query: QueryFields = {}): string {
  const url = new URL(path, BASE);
  for (const [name, value] of Object.entries(query)) if (value !== null) url.searchParams.set(name, String(value));
  return url.href;
}

export async function read<P extends keyof Reads>(path: P, options: SendOptions = {}): Promise<Reads[P]> {
  return (await (await send('GET', path, options)).json()) as Reads[P];
}

/** The whole answer, for who needs its fields (ETag, Location). Rejects with a `Fault` from 400 up. */
export async function send(method: string, path: string, options: SendOptions = {}): Promise<Response> {
  const { query = {}, body, ifMatch, accept = 'application/json', signal } = options;
  const yaml = typeof body === 'string';
  const headers = new Headers({ accept });
  if (body !== undefined) headers.set('content-type', yaml ? 'application/yaml' : 'application/json');
  if (ifMatch !== undefined) headers.set('if-match', ifMatch);
  const limit = AbortSignal.timeout(TIMEOUT_MS);
  let answer: Response;
  try {
    answer = await fetch(callAddress(path, query), {
      method,
      headers,
      signal: signal === undefined ? limit : AbortSignal.any([limit, signal]),
      ...(body !== undefined && { body: yaml ? body : JSON.stringify(body) }),
    });
  } catch (thrown) {
    if (signal?.aborted === true) throw thrown;
    throw unreachable();
  }
  observeClock(answer.headers.get('date'));
  if (answer.ok) return answer;
  const fault = await faultOf(answer);
  // Signing in with a wrong token is answered so too, and says nothing of a session.
  if (fault.kind === 'signed-out' && method === 'GET') for (const listener of signedOutListeners) listener();
  throw fault;
}

/** Whether what was thrown only says that nobody waits for the answer any more. */
export function isAbort(thrown: unknown): boolean {
  return !(thrown instanceof Fault) && thrown instanceof DOMException && thrown.name === 'AbortError';
}
