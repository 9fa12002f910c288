/** What the admin API may ask for beside the configuration. Loaded while the workers start, since no request waits for it. */
import { hostname } from 'node:os';
import type { Environment } from '#control/config/environment.ts';
import type { Config } from '#control/config/schema.ts';
import type { Copilot } from '#control/copilot/copilot.ts';
import type { ModelSettings } from '#control/copilot/model/model-settings.ts';
import type { PredictionFacts } from '#control/simulate/prediction-request.ts';
import type { AdminPorts, CostPort, GuardPort, IncidentsPort, RequestsPort } from '#control/admin/ports.ts';
import type { TakeFigures } from '#control/events/event-hub.ts';
import type { History } from '#control/history/history.ts';
import type { LiveConfig } from '#control/live/live-config.ts';
import type { Log, Timers } from '#core/ports.ts';
import type { Facts } from './admin-facts.ts';
import type { Replicas } from './replicas.ts';

const REPLICA_NAME_MAX = 200;

export interface ControlPorts {
  readonly history: History;
  readonly cost: CostPort;
  readonly requests: RequestsPort;
  readonly copilot: Copilot;
  readonly incidents: IncidentsPort;
  readonly guard: GuardPort;
  readonly replicas: Replicas;
  /** Begins to take the figures of the event stream. */
  readonly figures: () => TakeFigures;
  /** Begins to keep the past, and to look back on it. */
  readonly start: () => void;
  readonly stop: () => void;
}

export interface ControlPortsOptions {
  /** Tells this start of this process from every other. */
  readonly id: string;
  readonly facts: () => Facts;
  readonly config: LiveConfig;
  readonly stateDir: string | null;
  readonly env: Environment;
  readonly timers: Timers;
  readonly log: Log;
  readonly events: AdminPorts['events'];
}

export async function controlPorts({
  id,
  facts,
  config,
  stateDir,
  env,
  timers,
  log,
  events,
}: ControlPortsOptions): Promise<ControlPorts> {
  const [
    { createHistory },
    { historySampler },
    { createCost },
    { trafficCounts },
    { observedOf, adminView },
    { secondFigures },
    { RequestAsking },
    { createCopilot },
    { predictor },
    { createIncidents },
    { ChangeGuard },
    { Replicas: ReplicasHere },
  ] = await Promise.all([
    import('#control/history/history.ts'),
    import('./history-sampler.ts'),
    import('#control/cost/cost.ts'),
    import('#control/cost/traffic.ts'),
    import('./admin-facts.ts'),
    import('./second-figures.ts'),
    import('./request-asking.ts'),
    import('#control/copilot/copilot.ts'),
    import('#control/copilot/predictor.ts'),
    import('#control/copilot/incidents/incidents.ts'),
    import('#control/guard/change-guard.ts'),
    import('./replicas.ts'),
  ]);
  const observed = () => observedOf(facts());
  const history = createHistory({ dir: stateDir, timers, log, sample: historySampler(observed) });
  const cost = createCost({
    sections: () => config.config,
    traffic: () => {
      const { nowMs, startedAtMs } = facts();
      const { user, system } = process.cpuUsage();
      return trafficCounts(observed(), (nowMs - startedAtMs) / 1000, (user + system) / 1e6);
    },
    history,
    nowMs: () => timers.wallMs(),
    env,
    stateDir: () => stateDir,
  });
  const { overview } = adminView(facts, () => []);
  const simulated = (): PredictionFacts => ({
    observed: observed(),
    history,
    document: () => config.document(),
    wallMs: timers.wallMs(),
  });
  const copilot = createCopilot({
    observed,
    overview: () => ({ ...overview(), drift: config.drift() }),
    windowMs: () => config.config.copilot.window,
    model: () => modelOf(config.config.copilot),
    env,
    cpuSeconds: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    },
    workerRestarts: () => facts().workerRestarts,
    events,
    history,
    cost,
    predict: predictor(simulated),
    timers,
    log,
  });
  const incidents = createIncidents({
    windowMs: () => config.config.copilot.window,
    history,
    copilot,
    simulated,
    events,
    stateDir,
    timers,
    log,
  });
  const guard = new ChangeGuard({ config, history, timers, log });
  return {
    history,
    cost,
    requests: new RequestAsking(facts, timers),
    copilot,
    incidents,
    guard,
    replicas: new ReplicasHere({ id, name: nameOf(env), facts, take: secondFigures(observed), timers, log }),
    figures: () => secondFigures(observed),
    start: () => {
      history.start();
      copilot.start();
      incidents.start();
    },
    stop: () => {
      history.stop();
      copilot.stop();
      incidents.stop();
      guard.stop();
    },
  };
}

/** What this replica is called where replicas are listed: the environment's to say, as nothing of the configuration differs. */
function nameOf(env: Environment): string {
  const given = env['EDGEBALANCER_REPLICA']?.slice(0, REPLICA_NAME_MAX) ?? '';
  return given === '' ? hostname() : given;
}

/** Null: the built-in provider answers. */
function modelOf(copilot: Config['copilot']): ModelSettings | null {
  const { provider, model, baseUrl = null, timeout, steps, outputTokens, tokensPerDay, price, costPerDay } = copilot;
  if (provider === 'builtin' || model === undefined) return null;
  return { provider, model, baseUrl, timeoutMs: timeout, steps, outputTokens, tokensPerDay, price, costPerDay };
}

/** The same for who is made before them, and asks for nothing before they are there. */
export function deferredPorts(
  config: () => LiveConfig,
  ports: () => ControlPorts | null,
  events: AdminPorts['events'],
): Omit<AdminPorts, 'view' | 'audit'> {
  const there = (): ControlPorts => {
    const made = ports();
    if (made === null) throw new Error('the control plane has not been started');
    return made;
  };
  return {
    events,
    get config() {
      return config();
    },
    get history() {
      return there().history;
    },
    get requests() {
      return there().requests;
    },
    get cost() {
      return there().cost;
    },
    get copilot() {
      return there().copilot;
    },
    get incidents() {
      return there().incidents;
    },
    get guard() {
      return there().guard;
    },
    get replicas() {
      return there().replicas;
    },
  };
}
