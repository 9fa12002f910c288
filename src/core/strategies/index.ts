/**
 * The list of strategies: configuration, help, forms, the simulator and the conformance suite all follow from it.
 */
import type { StrategyDefinition } from '../strategy.ts';
import { adaptive } from './adaptive.ts';
import { consistentHash } from './consistent-hash.ts';
import { leastConnections } from './least-connections.ts';
import { peakEwma } from './peak-ewma.ts';
import { random } from './random.ts';
import { ringHash } from './ring-hash.ts';
import { roundRobin } from './round-robin.ts';
import { twoChoices } from './two-choices.ts';

export const STRATEGIES: readonly StrategyDefinition[] = [
  adaptive,
  roundRobin,
  leastConnections,
  random,
  twoChoices,
  peakEwma,
  consistentHash,
  ringHash,
];

/** The strategy of a pool that names none. */
export const DEFAULT_STRATEGY = 'adaptive';

export function strategyByName(name: string): StrategyDefinition | undefined {
  return STRATEGIES.find((definition) => definition.name === name);
}
