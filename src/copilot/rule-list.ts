/**
 * All rules, causes before what they bring about: of two findings that are as bad and touch as much, the one whose rule stands
 * first comes first. Adding a rule is a file in `rules/` and a line here.
 */
import type { Rule } from './finding-draft.ts';
import { backendDown, poolDown } from './rules/backend-down.ts';
import { brownOut } from './rules/brown-out.ts';
import { cutOff } from './rules/cut-off.ts';
import { failingBackend } from './rules/failing-backend.ts';
import { failingPool } from './rules/failing-pool.ts';
import { flappingBackend } from './rules/flapping-backend.ts';
import { wastedHedges } from './rules/hedging.ts';
import { hotKey } from './rules/hot-key.ts';
import { configDrift, overProvisioned, reloadRefused, workerRestarts } from './rules/housekeeping.ts';
import { imbalance } from './rules/imbalance.ts';
import { overweight } from './rules/overweight.ts';
import { eagerProbes, slowProbes, unwatched } from './rules/probe-pace.ts';
import { panic, tierDown, tooFewBackends } from './rules/redundancy.ts';
import { connectionsFull, rateLimited, shedding, unrouted } from './rules/refused-at-the-door.ts';
import { retryAmplification, retryRisk } from './rules/retries.ts';
import { saturated } from './rules/saturated.ts';
import { slowPool } from './rules/slow-pool.ts';
import { staleConnections, timeoutOrder } from './rules/timeout-order.ts';
import { wrongProbe } from './rules/wrong-probe.ts';
import { wrongStrategy } from './rules/wrong-strategy.ts';

export const RULES: readonly Rule[] = [
  shedding,
  wrongProbe,
  poolDown,
  tierDown,
  flappingBackend,
  backendDown,
  slowPool,
  cutOff,
  failingPool,
  failingBackend,
  overweight,
  wrongStrategy,
  hotKey,
  brownOut,
  connectionsFull,
  rateLimited,
  saturated,
  panic,
  unrouted,
  staleConnections,
  retryAmplification,
  workerRestarts,
  reloadRefused,
  imbalance,
  retryRisk,
  timeoutOrder,
  tooFewBackends,
  unwatched,
  slowProbes,
  eagerProbes,
  wastedHedges,
  configDrift,
  overProvisioned,
];
