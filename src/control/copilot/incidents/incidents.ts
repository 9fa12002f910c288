/** Puts the watch together with what it reads: the copilot's analysis, kept events, and models of the pools that are meant. */
import type { Finding } from '#contract/copilot.ts';
import type { SimulationModel } from '#contract/simulate.ts';
import type { Log, Timers } from '#core/ports.ts';
import { userPools } from '#observe/observed.ts';
import type { EventsPort, HistoryPort } from '../../admin/ports.ts';
import { prepare, type PredictionFacts } from '../../simulate/prediction-request.ts';
import type { Copilot } from '../copilot.ts';
import { keptMarks } from '../kept-events.ts';
import { IncidentFile } from './incident-file.ts';
import { IncidentWatch } from './incident-watch.ts';

/** An incident of all pools is replayed by those that were named first. */
const MODELS_MAX = 3;

export interface IncidentsOptions {
  readonly windowMs: () => number;
  readonly history: HistoryPort;
  readonly copilot: Pick<Copilot, 'analyse'>;
  readonly simulated: () => PredictionFacts;
  readonly events: EventsPort;
  readonly stateDir: string | null;
  readonly timers: Timers;
  readonly log: Log;
}

export function createIncidents(options: IncidentsOptions): IncidentWatch {
  const { windowMs, history, copilot, simulated, events, stateDir, timers, log } = options;
  return new IncidentWatch({
    windowMs,
    history,
    analyse: () => copilot.analyse(),
    models: (findings) => modelsOf(findings, simulated()),
    marks: (fromMs) => keptMarks(events, fromMs),
    file: new IncidentFile(stateDir, log),
    timers,
    log,
  });
}

/** Of the pools that findings name; of all where they name none. A pool without traffic has no model. */
function modelsOf(findings: readonly Finding[], facts: PredictionFacts): SimulationModel[] {
  const known = userPools(facts.observed.plan).map(({ name }) => name);
  const named = findings.flatMap(({ place }) => (place.pool === undefined ? [] : [place.pool]));
  const pools = [...new Set(named.length === 0 ? known : named)].filter((name) => known.includes(name));
  return pools.slice(0, MODELS_MAX).flatMap((pool) => {
    try {
      return [prepare({ pool }, facts).basis.model];
    } catch {
      return [];
    }
  });
}
