/** The past day's counters. */
import { z } from 'zod';
import { HISTORY_STEP_MAX_S } from '../history/history-range.ts';
import { json } from './answer.ts';
import { historyAnswer } from './answers-control.ts';
import { call, type AnyCall } from './call.ts';
import { moment, numberText } from './fields.ts';
import { BadInput } from './input.ts';

const HOUR_MS = 3_600_000;

export const HISTORY_CALLS: readonly AnyCall[] = [
  call({
    method: 'GET',
    path: '/admin/history',
    id: 'getHistory',
    tag: 'History',
    summary: 'The counters of the past 24 h, in steps',
    access: 'read',
    perReplica: true,
    query: z.strictObject({
      from: moment.optional().meta({ description: 'Where it begins; an hour before `to` when left out' }),
      to: moment.optional().meta({ description: 'Where it ends; now when left out' }),
      step: numberText(z.int().min(1).max(HISTORY_STEP_MAX_S))
        .optional()
        .meta({ description: 'Seconds; whatever gives a few hundred steps when left out' }),
    }),
    gives: { 200: { says: 'The counters', schema: historyAnswer } },
    run: ({ api, query }) => {
      const now = api.timers.wallMs();
      const at = (given: number): number => (given < 0 ? now + given : given);
      const to = query.to === undefined ? now : at(query.to);
      const from = query.from === undefined ? to - HOUR_MS : at(query.from);
      if (from >= to) {
        const message = query.to === undefined ? 'must be in the past' : 'must be before `to`';
        throw new BadInput([{ path: '?from', message }]);
      }
      return json(api.ports.history.between(from, to, query.step ?? null));
    },
  }),
];
