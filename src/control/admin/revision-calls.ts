/** Earlier configurations, and going back to one. */
import { z } from 'zod';
import { ConfigDocument } from '../config/document.ts';
import { json, problem } from './answer.ts';
import { revisionAnswer, revisionsAnswer } from './answers-control.ts';
import { actorOf, call, type AnyCall } from './call.ts';
import { CHANGE_GIVES, ifMatchOf, settle } from './change.ts';
import { refuseWithoutOperator } from './change-limits.ts';
import { configIn, YAML } from './config-calls.ts';
import { changeQuery, numberText, problemGiven } from './fields.ts';

const revisionNumber = z.int().min(1).max(999_999_999);

export const REVISION_CALLS: readonly AnyCall[] = [
  call({
    method: 'GET',
    path: '/admin/config/revisions',
    id: 'getRevisions',
    tag: 'Configuration',
    summary: 'The revisions that are kept, the newest first: who, what, when, from where',
    access: 'read',
    perReplica: true,
    gives: { 200: { says: 'The revisions', schema: revisionsAnswer } },
    run: ({ api }) => json({ revisions: api.ports.config.revisions() }),
  }),
  call({
    method: 'GET',
    path: '/admin/config/revisions/:revision',
    id: 'getRevision',
    tag: 'Configuration',
    summary: 'One revision, with the configuration that it was',
    access: 'read',
    perReplica: true,
    params: z.strictObject({ revision: numberText(revisionNumber) }),
    gives: {
      200: { says: 'The revision', schema: revisionAnswer, types: ['application/json', YAML] },
      404: problemGiven('It is not kept'),
    },
    run: (asked) => {
      const { config } = asked.api.ports;
      const { revision } = asked.params;
      const entry = config.revisions().find((one) => one.revision === revision);
      const text = config.revisionText(revision);
      if (entry === undefined || text === null) {
        return problem(
          404,
          'Not found',
          `Revision ${revision} is not kept. GET /admin/config/revisions lists those that are.`,
        );
      }
      return configIn(asked, ConfigDocument.parse(text), entry, { vary: 'accept, authorization, cookie' });
    },
  }),
  call({
    method: 'POST',
    path: '/admin/config/rollback',
    id: 'rollBack',
    tag: 'Configuration',
    summary: 'Back to an earlier revision, which becomes a new one',
    access: 'operate',
    versioned: true,
    query: changeQuery,
    body: z.strictObject({
      revision: revisionNumber.exactOptional().meta({ description: 'The one before the one in force when left out' }),
    }),
    gives: CHANGE_GIVES,
    run: async (asked) => {
      const { api, query, body, headers } = asked;
      const { config } = api.ports;
      const revision = body.revision ?? null;
      let back = revision;
      const result = await config.rollback({
        actor: actorOf(asked),
        ifMatch: ifMatchOf(headers['if-match'], config.etag),
        dryRun: query.dryRun,
        revision,
        check: (document, number) => {
          back = number;
          refuseWithoutOperator(config.document().data(), document.data(), () => api.tokens.list());
        },
      });
      const summary = back === null ? 'back to the revision before' : `back to revision ${back}`;
      return settle(asked, 'config.rollback', summary, result);
    },
  }),
];
