/** A refusal of the admin API (RFC 9457) as lines for a person: what is wrong, each field, and what to do about it. */
import type { ProblemAnswer } from '#contract/admin.ts';
import type { Answer } from './admin-client.ts';
import { TOKEN_PLACES, type AdminPlace } from './admin-place.ts';
import { harmless } from './harmless.ts';

const LOCKED_OUT =
  'When no token is left, `edgebalancer token create NAME --role operator --state DIR` makes one beside the state directory.';
const NOT_ONE =
  'which is not how an admin API answers. Is edgebalancer running there? --admin URL names another place.';

/** `where`: the call's address, as messages name it. */
export function refusalText(answer: Answer, place: AdminPlace, where: string): string {
  const problem = readProblem(answer.text);
  const { status } = answer;
  if (problem === null && status !== 401 && status !== 429) return `${where} answered ${status}, ${NOT_ONE}`;
  // How to send a token over HTTP is not what somebody at a prompt asks.
  const unasked = problem === null || (status === 401 && place.token === null);
  const detail = unasked ? '' : harmless(problem.detail === '' ? problem.title : problem.detail);
  const fields = (problem?.errors ?? []).map(({ path, message }) => {
    // A query's fields are marked with `?`.
    const at = harmless(path.replace(/^\?/, ''));
    return `${at === '' ? '' : `${at}: `}${harmless(message)}`;
  });
  // Of fields the detail only says the first again.
  const said = fields.length > 0 ? fields : detail === '' ? [] : [detail];
  return [...said, ...advice(answer, place, where)].join('\n');
}

/** What to do, beyond what the answer says itself. */
function advice({ status, retryAfter }: Answer, { token }: AdminPlace, where: string): string[] {
  switch (status) {
    case 401:
      if (token === null) return [`${where} wants a token. ${TOKEN_PLACES}`];
      return [`${where} does not take this token. ${TOKEN_PLACES} ${LOCKED_OUT}`];
    case 403:
      return [
        'Use the token of an operator. `edgebalancer token create NAME --role operator` makes one, asked by an operator.',
      ];
    case 412:
      return [
        'Nothing was changed: somebody else was faster. Run the command again, and look at what it would change now.',
      ];
    case 429:
      return [/^\d+$/.test(retryAfter ?? '') ? `Try again in ${retryAfter} s.` : 'Try again in a while.'];
    case 503:
      return ['Nothing was changed.'];
    default:
      return [];
  }
}

function readProblem(text: string): ProblemAnswer | null {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof data !== 'object' || data === null || !('title' in data || 'detail' in data)) return null;
  const { title, detail, errors } = data as Partial<Record<keyof ProblemAnswer, unknown>>;
  const list = Array.isArray(errors) ? (errors as unknown[]) : [];
  const isField = (one: unknown): one is { path: string; message: string } =>
    typeof one === 'object' &&
    one !== null &&
    typeof (one as { path?: unknown }).path === 'string' &&
    typeof (one as { message?: unknown }).message === 'string';
  return {
    type: '',
    status: 0,
    title: typeof title === 'string' ? title : '',
    detail: typeof detail === 'string' ? detail : '',
    errors: list.filter(isField),
  };
}
