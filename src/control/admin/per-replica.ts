/** Calls whose answers tell of one replica: with `?replica=NAME` another one answers. */
import { z } from 'zod';
import { nearest } from '../config/nearest.ts';
import { json, problem, type Answer } from './answer.ts';
import type { AnyCall, Asked } from './call.ts';
import { problemGiven } from './fields.ts';

const NAME_MAX = 300;

/** The same call, which also takes `?replica=`. Its own query, if it has one, must be an object. */
export function takingReplica(call: AnyCall): AnyCall {
  const own = (call.query ?? z.strictObject({})) as z.ZodObject;
  const query = own.extend({
    replica: z.string().min(1).max(NAME_MAX).optional().meta({
      description: 'Another replica answers, by its name or id of `GET /admin/replicas`; left out: this one',
    }),
  });
  return {
    ...call,
    query,
    gives: {
      404: problemGiven('There is no such replica'),
      409: problemGiven('Several replicas have this name: say the id'),
      503: problemGiven('That replica is answering many others'),
      504: problemGiven('That replica did not answer'),
      507: problemGiven('The answer is too large to be handed on'),
      ...call.gives,
    },
    run: (asked) => {
      const { replica, ...rest } = asked.query as { replica?: string };
      const here = { ...asked, query: call.query === undefined ? undefined : rest };
      return replica === undefined ? call.run(here) : ofReplica(call, here, replica);
    },
  };
}

/** The first good answer to the same call from another replica; null: none of them has one. */
export async function elsewhere({ api, given, caller }: Asked): Promise<Answer | null> {
  const { replicas } = api.ports;
  const others = replicas.list().replicas.filter(({ here }) => !here);
  const question = { path: given.path, query: {}, asker: caller.actor };
  const replies = others.map(async ({ id }) => {
    const reply = await replicas.ask(id, question);
    if (reply === null || reply.status >= 400) throw new Error('not there');
    return json(reply.data, reply.status);
  });
  return await Promise.any(replies).catch(() => null);
}

async function ofReplica(call: AnyCall, asked: Asked, wanted: string): Promise<Answer> {
  const { replicas } = asked.api.ports;
  const entries = replicas.list().replicas;
  const found = entries.filter(({ id, name }) => id === wanted || name === wanted);
  const [one, another] = found;
  if (one === undefined) {
    const names = entries.map(({ name }) => name);
    const near = nearest(wanted, names);
    const meant = near === null ? '' : ` Did you mean ${near}?`;
    return problem(404, 'Not found', `There is no replica of this name.${meant} These are there: ${names.join(', ')}.`);
  }
  if (another !== undefined) {
    const ids = found.map(({ id }) => id).join(', ');
    return problem(409, 'Conflict', `Several replicas have this name. Say one of their ids: ${ids}.`);
  }
  if (one.here) return await call.run({ ...asked, hereOnly: true });
  const { path, query } = asked.given;
  const { replica: _, ...rest } = query;
  // By now each is known to be a text.
  const texts = Object.fromEntries(Object.entries(rest).map(([field, value]) => [field, String(value)]));
  const reply = await replicas.ask(one.id, { path, query: texts, asker: asked.caller.actor });
  if (reply === null)
    return problem(504, 'No answer', 'That replica did not answer: it may have gone, or what replicas share is lost.');
  const { type } = problem(reply.status, '', '');
  return { ...json(reply.data, reply.status), ...(reply.status >= 400 && { type }) };
}
