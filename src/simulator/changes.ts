/** Applies what is different to a model: gives another model, and leaves the one it was given. */
import type { PoolMember, ServiceTimes, SimulatedChange, SimulatedPool, SimulationModel } from '#contract/simulate.ts';
import { strategyByName, STRATEGIES } from '#core/strategies/index.ts';
import { ModelError } from './model-error.ts';

/** Sections that a patch may name. */
const PATCHED = [
  'strategy',
  'circuit',
  'panicThreshold',
  'retry',
  'hedge',
  'concurrency',
  'slowStartMs',
  'limits',
  'probes',
  'tryTimeoutMs',
  'workers',
] as const satisfies readonly (keyof SimulatedPool)[];

/** A pool may not lose its last backend. Throws a `ModelError` with a path such as `changes.0.backend`. */
export function applyChanges(
  model: SimulationModel,
  changes: readonly SimulatedChange[],
  path = 'changes',
): SimulationModel {
  return changes.reduce((changed, change, at) => applied(changed, change, `${path}.${at}`), model);
}

function applied(model: SimulationModel, change: SimulatedChange, path: string): SimulationModel {
  switch (change.kind) {
    case 'strategy':
      return withPool(model, { strategy: strategyOf(model, change, path) });
    case 'without':
      return without(model, change.backend, path);
    case 'state':
      return withMember(model, change.backend, { state: change.state }, path);
    case 'weight':
      return withMember(model, change.backend, { weight: change.weight }, path);
    case 'tier':
      return withMember(model, change.backend, { tier: change.tier }, path);
    case 'add':
      return added(model, change.like, change.count, path);
    case 'slower':
      return slower(model, change.backend, change.times, path);
    case 'rate': {
      const ratesPerSecond = model.traffic.ratesPerSecond.map((rate) => rate * change.times);
      return { ...model, traffic: { ...model.traffic, ratesPerSecond } };
    }
    case 'hedge': {
      const { after, budget } = change;
      const when = typeof after === 'number' ? { ms: after } : { quantile: Number(after.slice(1)) / 100 };
      return withPool(model, { hedge: { after: when, budget } });
    }
    case 'outage': {
      memberOf(model, change.backend, `${path}.backend`);
      const { backend, fromMs, toMs } = change;
      return { ...model, outages: [...model.outages, { backend, fromMs, toMs }] };
    }
    case 'patch':
      return withPool(model, patched(model.pool, change.patch, path));
  }
}

function withPool(model: SimulationModel, pool: Partial<SimulatedPool>): SimulationModel {
  return { ...model, pool: { ...model.pool, ...pool } };
}

/** Parameters of the strategy before mean nothing to another one. */
function strategyOf(
  { pool }: SimulationModel,
  { name, params = {} }: SimulatedChange & { kind: 'strategy' },
  path: string,
): SimulatedPool['strategy'] {
  const definition = strategyByName(name);
  if (definition === undefined) {
    const names = STRATEGIES.map((one) => one.name).join(', ');
    throw new ModelError(`${path}.name`, `there is no strategy \`${name}\`; there are ${names}`);
  }
  for (const key of Object.keys(params)) {
    if (definition.params.some((param) => param.name === key)) continue;
    const names = definition.params.map((param) => param.name).join(', ') || 'none';
    throw new ModelError(`${path}.params.${key}`, `\`${name}\` has no parameter \`${key}\`; it has ${names}`);
  }
  return { name, params: pool.strategy.name === name ? { ...pool.strategy.params, ...params } : params };
}

function memberOf({ pool }: SimulationModel, id: string, path: string): PoolMember {
  const member = pool.backends.find((one) => one.id === id);
  if (member !== undefined) return member;
  const ids = pool.backends.map((one) => one.id).join(', ');
  throw new ModelError(path, `there is no backend \`${id}\` in pool \`${pool.name}\`; there are ${ids}`);
}

function withMember(model: SimulationModel, id: string, change: Partial<PoolMember>, path: string): SimulationModel {
  memberOf(model, id, `${path}.backend`);
  return withPool(model, {
    backends: model.pool.backends.map((one) => (one.id === id ? { ...one, ...change } : one)),
  });
}

function without(model: SimulationModel, id: string, path: string): SimulationModel {
  memberOf(model, id, `${path}.backend`);
  const backends = model.pool.backends.filter((one) => one.id !== id);
  if (backends.length === 0)
    throw new ModelError(`${path}.backend`, `\`${id}\` is the last backend of pool \`${model.pool.name}\``);
  return withPool(model, { backends });
}

function added(model: SimulationModel, like: string, count: number, path: string): SimulationModel {
  const member = memberOf(model, like, `${path}.like`);
  const shape = model.traffic.backends.find(({ id }) => id === like)!;
  const taken = new Set(model.pool.backends.map(({ id }) => id));
  const ids: string[] = [];
  for (let number = 2; ids.length < count; number++) if (!taken.has(`${like}-${number}`)) ids.push(`${like}-${number}`);
  return {
    ...withPool(model, {
      backends: [
        ...model.pool.backends,
        ...ids.map((id) => ({ ...member, id, authority: `${member.authority}#${id}`, state: 'active' as const })),
      ],
    }),
    traffic: { ...model.traffic, backends: [...model.traffic.backends, ...ids.map((id) => ({ ...shape, id }))] },
  };
}

function slower(model: SimulationModel, id: string, times: number, path: string): SimulationModel {
  memberOf(model, id, `${path}.backend`);
  const { traffic } = model;
  const backends = traffic.backends.map((shape) =>
    shape.id === id ? { ...shape, service: longer(shape.service, times) } : shape,
  );
  return { ...model, traffic: { ...traffic, backends } };
}

function longer(service: ServiceTimes, times: number): ServiceTimes {
  switch (service.kind) {
    case 'constant':
      return { ...service, ms: service.ms * times };
    case 'exponential':
    case 'lognormal':
      return { ...service, meanMs: service.meanMs * times };
    case 'bimodal':
      return { ...service, shortMs: service.shortMs * times, longMs: service.longMs * times };
    case 'quantiles':
      return { ...service, ms: service.ms.map((ms) => ms * times) };
  }
}

function patched(pool: SimulatedPool, patch: Readonly<Record<string, unknown>>, path: string): Partial<SimulatedPool> {
  for (const key of Object.keys(patch)) {
    if ((PATCHED as readonly string[]).includes(key)) continue;
    throw new ModelError(`${path}.patch.${key}`, `a patch has no \`${key}\`; it may have ${PATCHED.join(', ')}`);
  }
  return Object.fromEntries(
    Object.entries(patch).map(([key, value]) => [key, merged(pool[key as keyof SimulatedPool], value)]),
  );
}

/** RFC 7396, but that null stands for a section that is off, and is kept. */
function merged(before: unknown, patch: unknown): unknown {
  if (!isMapping(patch)) return patch;
  const into = isMapping(before) ? { ...before } : {};
  // A hedge begins after a share or after milliseconds, never both.
  for (const [key, value] of Object.entries(patch)) into[key] = key === 'after' ? value : merged(into[key], value);
  return into;
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
