/**
 * What a change of the configuration would be to a simulated pool: the change is merged into the pool's section as RFC 7396 says,
 * and the whole is read and compiled like any configuration. So whatever a patch may say here, it may say for good.
 */
import type { SimulatedChange } from '#contract/simulate.ts';
import type { Plan } from '#core/plan.ts';
import { compile } from '../config/compile.ts';
import type { ConfigDocument } from '../config/document.ts';
import { Invalid } from '../config/invalid.ts';
import { loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { isMapping } from '../config/tree.ts';
import { plannedPool, poolSettings } from './pool-settings.ts';

/** Sections that a simulation takes over. Backends are changed by changes of their own. */
const TAKEN = [
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
] as const;

/** `patch`: a part of the pool's section, as a configuration writes it. Throws `Invalid` when the result is none. */
export function configChange(
  document: ConfigDocument,
  pool: string,
  patch: Readonly<Record<string, unknown>>,
): SimulatedChange {
  const data = document.data();
  const changed = merge(data, { pools: { [pool]: patch } });
  const { config, problems } = loadConfig(JSON.stringify(changed), '', document.environment);
  const errors = problems.filter(({ severity }) => severity === 'error');
  if (config === null) throw new Invalid(errors.map(({ path, message }) => ({ path, message })));
  const planned = plannedPool(planOf(config), pool);
  if (planned === null) throw new Invalid([{ path: `pools.${pool}`, message: 'there is no such pool' }]);
  const settings = poolSettings(planned, () => 'active');
  return { kind: 'patch', patch: Object.fromEntries(TAKEN.map((name) => [name, settings[name]])) };
}

/** A plan that nobody obeys: rows of the tables mean nothing in it. */
export function planOf(config: Config): Plan {
  let slot = 0;
  return compile(config, {
    revision: 0,
    assignSlot: () => slot++,
    assignRouteRow: () => 0,
    assignPoolRow: () => 0,
    assignLimitRow: () => 0,
    controlSocket: null,
    cpus: 1,
    memoryBytes: 0,
  });
}

function merge(before: unknown, patch: unknown): unknown {
  if (!isMapping(patch)) return patch;
  const into: Record<string, unknown> = isMapping(before) ? { ...before } : {};
  for (const [key, value] of Object.entries(patch)) into[key] = merge(into[key], value);
  return into;
}
