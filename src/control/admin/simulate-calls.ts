/**
 * What would happen if: a running pool as it is and as it might be, by the simulator. It reads and changes nothing, so that a
 * viewer may ask; the work is done in a thread of its own, bounded, and ended when whoever asked has gone.
 */
import { Readable } from 'node:stream';
import { z } from 'zod';
import { CHANGE_KINDS, type ServiceTimes } from '#contract/simulate.ts';
import { changesProblems } from '#simulator/model-check.ts';
import { ModelError } from '#simulator/model-error.ts';
import { ALTERNATIVES_MAX } from '#simulator/what-if.ts';
import { prepare, type AskedChange, type Prepared } from '../simulate/prediction-request.ts';
import { simulations, SIMULATIONS_MAX, type Simulation } from '../simulate/simulation.ts';
import { NoFigures } from '../simulate/traffic-figures.ts';
import { badRequest, problem, text, type Answer } from './answer.ts';
import { simulateAnswer } from './answers-simulate.ts';
import { call, type AnyCall, type Asked } from './call.ts';
import { poolName, problemGiven } from './fields.ts';

/** A simulation ends within seconds. */
const RETRY_S = 2;
const CHANGES_MAX = 50;

const changes = z
  .array(z.looseObject({ kind: z.enum([...CHANGE_KINDS, 'config']) }))
  .max(CHANGES_MAX)
  .superRefine((given, context) => {
    for (const { path, message } of changesProblems(
      given.filter(({ kind }) => kind !== 'config'),
      '',
    ))
      context.addIssue({ code: 'custom', path: path.split('.').filter((part) => part !== ''), message });
    given.forEach(({ kind, patch }, at) => {
      if (kind === 'config' && (typeof patch !== 'object' || patch === null || Array.isArray(patch)))
        context.addIssue({ code: 'custom', path: [at, 'patch'], message: "expected a part of the pool's section" });
    });
  })
  .transform((given) => given as unknown as readonly AskedChange[])
  .meta({
    description:
      'What is different, one after another: `strategy` (name, params), `without`, `state`, `weight`, `tier`, `slower` (backend, times), `add` (like, count), `rate` (times), `hedge` (after, budget), `outage` (backend, fromMs, toMs), `patch` (sections in the plan’s terms), `config` (patch: a part of the pool’s section, as a configuration writes it)',
  });

/** The rest of it is the model's to check. */
const service = z.looseObject({
  kind: z.enum(['constant', 'exponential', 'lognormal', 'bimodal', 'quantiles']),
}) as unknown as z.ZodType<ServiceTimes>;

const body = z.strictObject({
  pool: poolName.exactOptional().meta({ description: 'The only one when left out' }),
  changes: changes.exactOptional(),
  compare: z
    .array(z.strictObject({ name: z.string().min(1).max(200), changes }))
    .max(ALTERNATIVES_MAX - 1)
    .exactOptional()
    .meta({ description: 'More alternatives over the same requests' }),
  seeds: z.int().min(5).max(30).exactOptional().meta({ description: 'Runs of each; 5 when left out' }),
  seconds: z.number().min(1).max(3600).exactOptional().meta({ description: 'Simulated time that counts' }),
  assume: z
    .strictObject({
      ratePerSecond: z.number().positive().max(1_000_000).exactOptional(),
      service: service.exactOptional(),
      concurrency: z.int().min(1).max(1_000_000).nullable().exactOptional(),
      burstiness: z.number().min(0).max(1000).exactOptional(),
      keySkew: z.number().min(0).max(10).exactOptional(),
      slownessOf: z.enum(['backend', 'request']).exactOptional(),
    })
    .exactOptional()
    .meta({ description: 'Instead of what is measured' }),
});

export const SIMULATE_CALLS: readonly AnyCall[] = [
  call({
    method: 'POST',
    path: '/admin/simulate',
    id: 'simulate',
    tag: 'Simulation',
    summary: 'What would happen if: a pool as it is, and with changes, simulated over what was measured',
    access: 'read',
    body,
    gives: {
      200: { says: 'What is predicted, with 95 % intervals, and what that is based on', schema: simulateAnswer },
      409: problemGiven('Too little has been measured of the pool; `assume` can say it'),
      429: problemGiven('Whoever asks has a simulation under way; Retry-After says how long to wait'),
      503: problemGiven('As many simulations as may run are under way; Retry-After says how long to wait'),
    },
    run: (asked) => {
      let prepared: Prepared;
      let started: ReturnType<typeof simulations.start>;
      try {
        prepared = prepare(asked.body, {
          observed: asked.api.ports.view.observed(),
          history: asked.api.ports.history,
          document: () => asked.api.ports.config.document(),
          wallMs: asked.api.timers.wallMs(),
        });
        started = simulations.start(prepared.question, askerOf(asked));
      } catch (error) {
        if (error instanceof NoFigures) return problem(409, 'Nothing to go by', error.message);
        if (error instanceof ModelError) return badRequest([{ path: error.path, message: error.message }]);
        throw error;
      }
      if (started === 'busy') return refused(503, `${SIMULATIONS_MAX} simulations are under way; wait for one to end.`);
      if (started === 'one-at-a-time') return refused(429, 'You have a simulation under way; wait for it to end.');
      return text('application/json; charset=utf-8', streamed(started, prepared));
    },
  }),
];

function askerOf({ caller, arrival }: Asked): string {
  return caller.tokenHash ?? arrival.network;
}

function refused(status: 429 | 503, detail: string): Answer {
  return problem(status, 'Simulations are under way', detail, { 'retry-after': String(RETRY_S) });
}

/** The answer as a stream: one that is destroyed, for its client has gone, ends the simulation. */
function streamed(simulation: Simulation, { answer }: Prepared): Readable {
  const stream = new Readable({
    read: () => {},
    destroy: (error, done) => {
      simulation.cancel();
      done(error);
    },
  });
  simulation.answer.then(
    (found) => {
      stream.push(`${JSON.stringify(answer(found))}\n`);
      stream.push(null);
    },
    (error: unknown) => stream.destroy(error as Error),
  );
  return stream;
}
