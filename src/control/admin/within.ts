/** A call of the admin API made from inside another one, with the rights of who asked that: what tools of models do. */
import type { Answer } from './answer.ts';
import { answerToThrown } from './change.ts';
import type { AnyCall, Asked } from './call.ts';
import { readInput } from './input.ts';
import type { ToolReply, ToolRequest } from '../tools/tool.ts';

/** Only what reads: whoever asks is let in for that, and nothing here looks at rights again. */
export async function askWithin(
  asked: Asked,
  request: ToolRequest,
  mayBe: (call: AnyCall) => boolean = ({ access }) => access === 'read',
): Promise<ToolReply> {
  const found = match(asked.api.calls, request);
  if (found === null || !mayBe(found.call))
    return { status: 404, data: { title: 'Not found', detail: 'There is no such call for tools.' } };
  const { call, params } = found;
  try {
    const answer = await call.run({
      ...asked,
      params: call.params === undefined ? undefined : readInput(call.params, params, ''),
      query: readInput(call.query, textsOf(request.query), '?'),
      body: readInput(call.body, request.body, ''),
      headers: { accept: 'application/json' },
      given: { path: request.path, query: request.query ?? {} },
    });
    return { status: answer.status, data: dataOf(answer) };
  } catch (thrown) {
    const answer = answerToThrown(thrown);
    if (answer === null) throw thrown;
    return { status: answer.status, data: dataOf(answer) };
  }
}

function match(
  calls: readonly AnyCall[],
  { method, path }: ToolRequest,
): { readonly call: AnyCall; readonly params: Readonly<Record<string, string>> } | null {
  const given = path.split('/');
  for (const call of calls) {
    const wanted = call.path.split('/');
    if (call.method !== method || wanted.length !== given.length) continue;
    const params: Record<string, string> = {};
    const fits = wanted.every((part, at) => {
      const value = given[at] as string;
      if (!part.startsWith(':')) return part === value;
      params[part.slice(1)] = decodeURIComponent(value);
      return true;
    });
    if (fits) return { call, params };
  }
  return null;
}

/** As they would stand in an address. */
function textsOf(query: ToolRequest['query'] = {}): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(query)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, String(value)]),
  );
}

function dataOf({ body }: Answer): unknown {
  if (typeof body === 'string') return body === '' ? null : JSON.parse(body);
  return null;
}
