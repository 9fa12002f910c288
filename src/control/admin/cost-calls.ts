/** What running this costs, as it is or as one might suppose. */
import { z } from 'zod';
import { CostError } from '../cost/cost-error.ts';
import { badRequest, json } from './answer.ts';
import { costAnswer } from './answers-control.ts';
import { call, type AnyCall } from './call.ts';
import { numberText } from './fields.ts';

const positive = z.number().positive();

export const COST_CALLS: readonly AnyCall[] = [
  call({
    method: 'GET',
    path: '/admin/cost',
    id: 'getCost',
    tag: 'Cost',
    summary: 'The monthly estimate, line by line; with a query, for what it supposes',
    access: 'read',
    query: z.strictObject({
      region: z.string().min(1).max(40).exactOptional(),
      tasks: numberText(positive.max(100_000)).exactOptional(),
      vcpu: numberText(positive.max(100_000)).exactOptional(),
      memoryGiB: numberText(positive.max(100_000)).exactOptional(),
      requests: numberText(z.number().min(0)).exactOptional().meta({ description: 'In a month' }),
    }),
    gives: { 200: { says: 'The estimate', schema: costAnswer } },
    run: async ({ api, query }) => {
      try {
        return json(await api.ports.cost.estimate(query));
      } catch (error) {
        if (!(error instanceof CostError)) throw error;
        return badRequest([{ path: error.field === '' ? '' : `?${error.field}`, message: error.message }]);
      }
    },
  }),
];
