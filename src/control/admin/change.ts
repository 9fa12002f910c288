/** Changes of the configuration through the API: asked of the configuration's owner, audited, and answered. */
import { networkInterfaces } from 'node:os';
import type { ChangeAnswer } from '#contract/control.ts';
import type { ConfigDocument } from '../config/document.ts';
import { Invalid } from '../config/invalid.ts';
import { Refused } from '../config/refused.ts';
import { badRequest, json, problem, type Answer } from './answer.ts';
import { changeAnswer } from './answers-control.ts';
import { actorOf, byOf, type Asked, type Given } from './call.ts';
import { refuseBeyondApi } from './change-limits.ts';
import { problemGiven, type ChangeQuery } from './fields.ts';
import { BadInput } from './input.ts';
import { leadsHere } from './own-address.ts';
import type { ChangeResult } from './ports.ts';

/** Nobody reads more. */
const PROBLEMS_MAX = 50;

/** What every change may answer. */
export const CHANGE_GIVES: Readonly<Record<number, Given>> = {
  200: { says: 'Done, or with dryRun what would be done', schema: changeAnswer },
  404: problemGiven('What it names is not there'),
  409: problemGiven('It cannot be done to what is there, or needs a restart'),
  412: problemGiven('If-Match is not what is in force'),
  503: problemGiven('It cannot be kept; what was in force still is'),
};

export interface Change {
  /** One sentence, for revisions and the audit. */
  readonly summary: string;
  readonly edit: (document: ConfigDocument) => void;
}

export async function makeChange(asked: Asked<unknown, ChangeQuery>, change: Change): Promise<Answer> {
  const { api, query, headers } = asked;
  const request = {
    actor: actorOf(asked),
    summary: change.summary,
    ifMatch: ifMatchOf(headers['if-match'], api.ports.config.etag),
    dryRun: query.dryRun,
    edit: (document: ConfigDocument) => {
      const before = document.data();
      change.edit(document);
      refuseBeyondApi(before, document, () => api.tokens.list());
    },
  };
  return settle(asked, 'config.change', change.summary, await api.ports.config.change(request));
}

/** The answer to what came of a change; what was done or failed is audited. */
export async function settle(
  asked: Asked<unknown, ChangeQuery>,
  action: string,
  summary: string,
  result: ChangeResult,
  status = 200,
): Promise<Answer> {
  const { api } = asked;
  const by = byOf(actorOf(asked));
  switch (result.kind) {
    case 'done': {
      const { kind: _, etag, ...answer } = result;
      if (!answer.dryRun && answer.changed) {
        await api.audit({ by, action, summary, revision: answer.revision, ok: true });
        const watchedUntil = watched(asked, summary, answer.revision);
        if (watchedUntil !== null) return json({ ...answer, watchedUntil } satisfies ChangeAnswer, status, { etag });
      }
      return json(answer satisfies ChangeAnswer, answer.dryRun ? 200 : status, { etag });
    }
    case 'invalid':
      return badRequest(result.problems);
    case 'stale':
      return problem(
        412,
        'Changed meanwhile',
        `Revision ${result.revision} is in force by now (ETag ${result.etag}). Look at it, and send the change again.`,
        { etag: result.etag },
      );
    case 'refused':
      return problem(result.status, result.status === 404 ? 'Not found' : 'Conflict', result.why);
    case 'failed':
      await api.audit({ by, action, summary: `${summary}: ${result.why}`, revision: null, ok: false });
      return problem(503, 'Not kept', result.why);
  }
}

/** Has a change watched that is to be; null: it is not. Revisions go up by one: the one before is what was in force. */
function watched(asked: Asked<unknown, ChangeQuery>, summary: string, revision: number): string | null {
  const { watch, watchP99, watchErrors } = asked.query;
  if (watch === undefined) return null;
  const { ports } = asked.api;
  const request = { revision, backTo: revision - 1, by: byOf(actorOf(asked)), summary, forMs: watch * 1000 };
  return ports.guard.watch({ ...request, p99Times: watchP99, errorsMore: watchErrors }, ports.audit);
}

/** The one ETag that the change is for; null: any. Of several, the one in force if it is among them (RFC 9110, 13.1.1). */
export function ifMatchOf(field: string | string[] | undefined, inForce: string): string | null {
  if (field === undefined) return null;
  const tags = [field]
    .flat()
    .join(',')
    .split(',')
    .map((tag) => tag.trim());
  if (tags.includes('*')) return null;
  return tags.includes(inForce) ? inForce : (tags[0] ?? '');
}

/** Throws `BadInput` for a backend that leads back to this process. */
export function refuseOwnAddress(asked: Asked, url: string | undefined, path: string): void {
  if (url !== undefined) refuseOwn([[url, path]], asked);
}

/** As `refuseOwnAddress`, for every backend of a configuration, and every name that one is found by. */
export function refuseOwnAddresses(asked: Asked, document: ConfigDocument): void {
  const pools = document.get(['pools']);
  const urls: [string, string][] = [];
  for (const [pool, settings] of Object.entries(isMapping(pools) ? pools : {})) {
    const { backends, discovery } = isMapping(settings) ? settings : {};
    if (Array.isArray(backends)) {
      backends.forEach((backend: unknown, at) => {
        const url = document.read(isMapping(backend) ? backend['url'] : backend);
        if (typeof url === 'string') urls.push([url, `pools.${pool}.backends.${at}`]);
      });
    }
    const dns = isMapping(discovery) ? discovery['dns'] : undefined;
    if (!isMapping(dns)) continue;
    urls.push([
      `http://${String(document.read(dns['name']))}:${String(document.read(dns['port']))}`,
      `pools.${pool}.discovery.dns`,
    ]);
  }
  refuseOwn(urls, asked);
}

/** URLs, each with the path of its field. The system is asked once for its addresses: that takes time. */
function refuseOwn(urls: readonly (readonly [string, string])[], { api }: Asked): void {
  const interfaces = Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address));
  const own = api.ports.view.ownAddresses();
  const message = 'leads back to this very process: its own listener, or its admin API; name the server behind it';
  const problems = urls
    .filter(([url]) => leadsHere(url, own, interfaces))
    .slice(0, PROBLEMS_MAX)
    .map(([, path]) => ({ path, message }));
  if (problems.length > 0) throw new BadInput(problems);
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What an edit may throw, as the answer that it is; anything else is a fault of the program. */
export function answerToThrown(error: unknown): Answer | null {
  if (error instanceof BadInput || error instanceof Invalid) return badRequest(error.problems);
  if (error instanceof Refused)
    return problem(error.status, error.status === 404 ? 'Not found' : 'Conflict', error.message);
  return null;
}
