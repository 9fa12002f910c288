/** Answers of the admin API as values. */
import type { Readable } from 'node:stream';
import type { ProblemAnswer } from '#contract/admin.ts';
import type { FieldProblem } from '#contract/control.ts';

export interface Answer {
  readonly status: number;
  /** '' where there is no body. */
  readonly type: string;
  /** A stream is destroyed when its client goes, and its client's connection when it is destroyed before its end. */
  readonly body: string | Buffer | Readable;
  readonly headers?: Readonly<Record<string, string>>;
}

type Headers = Readonly<Record<string, string>>;

export function json(value: unknown, status = 200, headers: Headers = {}): Answer {
  return { status, type: 'application/json; charset=utf-8', body: `${JSON.stringify(value)}\n`, headers };
}

export function text(type: string, body: Answer['body'], headers: Headers = {}): Answer {
  return { status: 200, type, body, headers };
}

export function empty(status: number, headers: Headers = {}): Answer {
  return { status, type: '', body: '', headers };
}

/** RFC 9457. */
export function problem(
  status: number,
  title: string,
  detail: string,
  headers: Headers = {},
  errors: readonly FieldProblem[] = [],
): Answer & { readonly body: string } {
  const body: ProblemAnswer = { type: 'about:blank', title, status, detail, ...(errors.length > 0 && { errors }) };
  return { status, type: 'application/problem+json; charset=utf-8', body: `${JSON.stringify(body)}\n`, headers };
}

/** A request that cannot be understood, with what is wrong in each field. */
export function badRequest(errors: readonly FieldProblem[]): Answer {
  const [first] = errors;
  const place = first === undefined || first.path === '' ? '' : `${first.path}: `;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more, see errors)` : '';
  return problem(400, 'Bad request', `${place}${first?.message ?? 'it cannot be read'}${more}`, {}, errors);
}
