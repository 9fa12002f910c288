/** The shapes of incidents as schemas. */
import { z } from 'zod';
import {
  INCIDENT_MARKS,
  INCIDENT_SIGNS,
  type IncidentAnswer,
  type IncidentEntry,
  type IncidentsAnswer,
} from '#contract/incidents.ts';
import type { SimulationModel } from '#contract/simulate.ts';
import { finding, told } from './answers-copilot.ts';

const figures = z.strictObject({
  requests: z.number(),
  p99Ms: z.number().nullable(),
  errors: z.number().nullable(),
  circuitOpens: z.number(),
});

const entry = z.strictObject({
  id: z.string(),
  openedAt: z.iso.datetime(),
  closedAt: z.iso.datetime().nullable(),
  signs: z.array(z.enum(INCIDENT_SIGNS)),
  says: z.string(),
  cause: told.nullable(),
  usual: figures,
  worst: figures,
}) satisfies z.ZodType<IncidentEntry>;

export const incidentsAnswer: z.ZodType<IncidentsAnswer> = z.strictObject({ incidents: z.array(entry) });

export const incidentAnswer: z.ZodType<IncidentAnswer> = z.strictObject({
  ...entry.shape,
  timeline: z.array(z.strictObject({ at: z.iso.datetime(), kind: z.enum(INCIDENT_MARKS), says: z.string() })),
  routes: z.array(
    z.strictObject({ route: z.string(), requests: z.number(), serverErrors: z.number(), p99Ms: z.number().nullable() }),
  ),
  findings: z.array(finding),
  // What a model holds is the simulator's to say.
  models: z.array(z.looseObject({ version: z.literal(1) })) as unknown as z.ZodType<readonly SimulationModel[]>,
});
