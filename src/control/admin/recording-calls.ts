/** What was recorded of the traffic in the last minutes, as a file that the simulator replays anywhere. */
import { z } from 'zod';
import type { RecordingAnswer } from '#contract/recording.ts';
import type { SimulationModel } from '#contract/simulate.ts';
import { userPools } from '#observe/observed.ts';
import { poolRecording } from '#observe/traffic-report.ts';
import { suggestion } from '../config/nearest.ts';
import { plannedPool, type PlannedPool } from '../simulate/pool-settings.ts';
import { NoFigures, RATES_SPAN_MS, trafficFigures } from '../simulate/traffic-figures.ts';
import { json, problem } from './answer.ts';
import { recordingAnswer } from './answers-recording.ts';
import { call, type AnyCall, type Asked } from './call.ts';
import { poolName, problemGiven } from './fields.ts';

export const RECORDING_CALLS: readonly AnyCall[] = [
  call({
    method: 'GET',
    path: '/admin/recording',
    id: 'getRecording',
    tag: 'Simulation',
    summary: 'Sketches of the traffic of the last minutes, and the models that they make: no request, key or address',
    access: 'read',
    perReplica: true,
    query: z.strictObject({
      pool: poolName.optional().meta({ description: 'This one only' }),
    }),
    gives: {
      200: { says: 'The recording', schema: recordingAnswer },
      404: problemGiven('There is no such pool'),
    },
    run: ({ api, query }) => {
      const { plan } = api.ports.view.observed();
      const pools = userPools(plan).filter(({ name }) => query.pool === undefined || name === query.pool);
      if (pools.length === 0 && query.pool !== undefined) {
        const names = userPools(plan).map(({ name }) => name);
        return problem(404, 'Not found', `There is no pool ${query.pool}${suggestion(query.pool, names)}.`);
      }
      return json(recordingOf(api, pools.map(({ name }) => plannedPool(plan, name) as PlannedPool))); // prettier-ignore
    },
  }),
];

function recordingOf({ ports, timers }: Asked['api'], pools: readonly PlannedPool[]): RecordingAnswer {
  const observed = ports.view.observed();
  const wallMs = timers.wallMs();
  const history = ports.history.between(wallMs - RATES_SPAN_MS, wallMs, 1);
  return {
    version: 1,
    kind: 'recording',
    at: new Date(wallMs).toISOString(),
    pools: pools.map(({ pool }) => poolRecording(observed, pool, wallMs)),
    models: pools.flatMap((planned): SimulationModel[] => {
      try {
        return [trafficFigures(observed, planned, history, wallMs).model];
      } catch (error) {
        if (error instanceof NoFigures) return [];
        throw error;
      }
    }),
  };
}
