/** Who changed what, when, from where. */
import { z } from 'zod';
import { json } from './answer.ts';
import { auditAnswer } from './answers-control.ts';
import { call, type AnyCall } from './call.ts';
import { numberText } from './fields.ts';

const ENTRIES = 100;
const ENTRIES_MAX = 1000;

export const AUDIT_CALLS: readonly AnyCall[] = [
  call({
    method: 'GET',
    path: '/admin/audit',
    id: 'getAudit',
    tag: 'Audit',
    summary: 'Who changed what, when, from where; the newest first',
    access: 'read',
    perReplica: true,
    query: z.strictObject({
      limit: numberText(z.int().min(1).max(ENTRIES_MAX))
        .optional()
        .meta({ description: `How many entries; ${ENTRIES} when left out` }),
    }),
    gives: { 200: { says: 'The entries', schema: auditAnswer } },
    run: ({ api, query }) => json({ entries: api.ports.audit.entries(query.limit ?? ENTRIES) }),
  }),
];
