/** What can go wrong when the control plane is asked, as the dashboard tells it apart. */
import type { ProblemAnswer } from '#contract/admin.ts';
import type { FieldProblem } from '#contract/control.ts';

export type FaultKind =
  /** No answer: the process is gone, or the network is. */
  | 'unreachable'
  /** 401: nobody is signed in, or no longer. */
  | 'signed-out'
  /** 403: whoever is signed in may not do this. */
  | 'forbidden'
  /** 412: it was changed by somebody else meanwhile. */
  | 'outdated'
  /** Any other 4xx: what was asked for is wrong, and the answer says how. */
  | 'refused'
  /** 5xx, or an answer that is none. */
  | 'broken';

export class Fault extends Error {
  override readonly name = 'Fault';
  readonly kind: FaultKind;
  /** 0 where there was no answer. */
  readonly status: number;
  readonly title: string;
  /** What is wrong in each field of what was sent. */
  readonly errors: readonly FieldProblem[];

  /** `detail` is one or more sentences for the reader. */
  constructor(kind: FaultKind, status: number, title: string, detail: string, errors: readonly FieldProblem[] = []) {
    super(detail);
    this.kind = kind;
    this.status = status;
    this.title = title;
    this.errors = errors;
  }
}

export function unreachable(): Fault {
  return new Fault(
    'unreachable',
    0,
    'No answer',
    'EdgeBalancer does not answer. It may be restarting, or the network may be down.',
  );
}

/** From an answer of 400 and above, whether or not it is a problem (RFC 9457). */
export async function faultOf(answer: Response): Promise<Fault> {
  const { status } = answer;
  const problem = await problemIn(answer);
  const title = problem?.title ?? `Status ${status}`;
  const detail = problem?.detail ?? 'The answer does not say why. A proxy in between may have given it.';
  return new Fault(kindOf(status), status, title, detail, problem?.errors ?? []);
}

/** Whatever was thrown, as a fault. */
export function asFault(thrown: unknown): Fault {
  if (thrown instanceof Fault) return thrown;
  return new Fault('broken', 0, 'Fault in the dashboard', thrown instanceof Error ? thrown.message : String(thrown));
}

function kindOf(status: number): FaultKind {
  if (status === 401) return 'signed-out';
  if (status === 403) return 'forbidden';
  if (status === 412) return 'outdated';
  return status < 500 ? 'refused' : 'broken';
}

async function problemIn(answer: Response): Promise<ProblemAnswer | null> {
  if (!/\bproblem\+json\b/.test(answer.headers.get('content-type') ?? '')) return null;
  return (await answer.json().catch(() => null)) as ProblemAnswer | null;
}
