/** What left its normal range, and what was made of it. */
import { z } from 'zod';
import { json, problem } from './answer.ts';
import { incidentAnswer, incidentsAnswer } from './answers-incidents.ts';
import { call, type AnyCall } from './call.ts';
import { problemGiven } from './fields.ts';

const ID = /^\d{8}T\d{6}$/;

export const INCIDENT_CALLS: readonly AnyCall[] = [
  call({
    method: 'GET',
    path: '/admin/incidents',
    id: 'getIncidents',
    tag: 'Copilot',
    summary: 'Times at which p99, errors or circuits were out of their normal range',
    access: 'read',
    perReplica: true,
    gives: { 200: { says: 'The newest first', schema: incidentsAnswer } },
    run: ({ api }) => json({ incidents: api.ports.incidents.list() }),
  }),
  call({
    method: 'GET',
    path: '/admin/incidents/:id',
    id: 'getIncident',
    tag: 'Copilot',
    summary: 'One incident with its timeline, its analysis, and models that replay in the simulator',
    access: 'read',
    perReplica: true,
    params: z.strictObject({
      id: z.string().min(1).max(40).meta({ description: 'When it was opened, as the list says' }),
    }),
    gives: { 200: { says: 'The incident', schema: incidentAnswer }, 404: problemGiven('There is none of this id') },
    run: ({ api, params }) => {
      const found = ID.test(params.id) ? api.ports.incidents.get(params.id) : null;
      if (found !== null) return json(found);
      return problem(
        404,
        'Not found',
        `There is no incident ${params.id}. GET /admin/incidents lists those that are kept.`,
      );
    },
  }),
];
