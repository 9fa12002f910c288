/** Requests that were recorded: a list of them, and one explained. */
import { z } from 'zod';
import { REQUEST_LISTS, REQUESTS_MAX, type RequestAnswer } from '#contract/requests.ts';
import { json, problem } from './answer.ts';
import { requestAnswer, requestsAnswer } from './answers-requests.ts';
import { call, type AnyCall, type Asked } from './call.ts';
import { backendId, numberText, poolName, problemGiven } from './fields.ts';
import { elsewhere } from './per-replica.ts';

const LIMIT_DEFAULT = 50;
/** More than any request lasts. */
const MIN_MS_MAX = 86_400_000;
/** As long as an id may be (proxy/response-writer.ts). */
const ID_LENGTH_MAX = 128;

const query = z.strictObject({
  list: z
    .enum(REQUEST_LISTS)
    .default('recent')
    .meta({ description: '`slowest` has the slowest first, all others the newest' }),
  pool: poolName.optional(),
  backend: backendId.optional().meta({ description: 'One that was asked, whoever answered in the end' }),
  route: z.string().min(1).max(200).optional().meta({ description: "A route's name" }),
  status: numberText(z.int().min(0).max(999))
    .optional()
    .meta({ description: 'What the client was answered; 0: nothing' }),
  minMs: numberText(z.number().min(0).max(MIN_MS_MAX))
    .optional()
    .meta({ description: 'Milliseconds it took at least' }),
  limit: numberText(z.int().min(1).max(REQUESTS_MAX))
    .optional()
    .meta({ description: `${LIMIT_DEFAULT} when left out` }),
});

/** Who reads without a token learns nothing of who the clients are. */
function shown<T extends { readonly client: string | null }>(entry: T, { caller }: Asked): T {
  return caller.actor === null ? { ...entry, client: null } : entry;
}

function unknown(id: string, missing: readonly number[]): string {
  const late = missing.length > 0 ? ` Worker ${missing.join(', ')} did not answer in time: ask again.` : '';
  return `No request ${id} is recorded. Only a share of the requests is (\`requests.sample\`), those that failed, were tried again or are among the slowest, and those that asked for it with x-edgebalancer-explain and an operator's token. What was recorded may have made room for newer ones, or have ended with its worker.${late}`;
}

export const REQUEST_CALLS: readonly AnyCall[] = [
  call({
    method: 'GET',
    path: '/admin/requests',
    id: 'getRequests',
    tag: 'Requests',
    summary: 'Recorded requests: recent, slowest, failed, tried again, asked for',
    access: 'read',
    perReplica: true,
    query,
    gives: { 200: { says: 'The requests in short', schema: requestsAnswer } },
    run: async (asked) => {
      const {
        list,
        pool = null,
        backend = null,
        route = null,
        status = null,
        minMs = 0,
        limit = LIMIT_DEFAULT,
      } = asked.query;
      const answer = await asked.api.ports.requests.list({ list, pool, backend, route, status, minMs, limit });
      return json({ ...answer, requests: answer.requests.map((entry) => shown(entry, asked)) });
    },
  }),
  call({
    method: 'GET',
    path: '/admin/requests/:id',
    id: 'getRequest',
    tag: 'Requests',
    summary:
      'Why one request went where it went: candidates, scores, exclusions, attempts, times; whichever replica has it',
    access: 'read',
    perReplica: true,
    params: z.strictObject({ id: z.string().min(1).max(ID_LENGTH_MAX).meta({ description: 'Its x-request-id' }) }),
    gives: {
      200: { says: 'The request', schema: requestAnswer },
      404: problemGiven('It is not recorded'),
    },
    run: async (asked) => {
      const { id } = asked.params;
      const found = await asked.api.ports.requests.explain(id);
      if (!('id' in found)) {
        const there = asked.hereOnly === true ? null : await elsewhere(asked);
        return there ?? problem(404, 'Not found', unknown(id, found.missingWorkers));
      }
      return json(shown(found satisfies RequestAnswer, asked));
    },
  }),
];
