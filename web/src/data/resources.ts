/** What several pages show, each kept current once for all of them. What one page alone shows is named beside that page. */
import type { BackendsAnswer, MetricsAnswer, OverviewAnswer, StrategyAnswer } from '#contract/admin.ts';
import type { RevisionsAnswer } from '#contract/control.ts';
import type { CostAnswer } from '#contract/cost.ts';
import { read } from './client.ts';
import { resource, type Resource } from './resource.ts';
import { stateTurns } from './state-changes.ts';

const SECOND_MS = 1_000;
/** What it says moves with each change; the rest of it slowly. */
const SLOW_MS = 10_000;
const COST_MS = 60_000;

export const overview: Resource<OverviewAnswer> = resource((signal) => read('admin/overview', { signal }), {
  everyMs: SLOW_MS,
  on: [stateTurns],
});

export const backends: Resource<BackendsAnswer> = resource((signal) => read('admin/backends', { signal }), {
  everyMs: SECOND_MS,
  on: [stateTurns],
});

/** Totals and routes since the start; what moves each second is in live-figures.ts. */
export const metrics: Resource<MetricsAnswer> = resource((signal) => read('admin/metrics', { signal }), {
  everyMs: SECOND_MS,
});

export const strategies: Resource<StrategyAnswer> = resource((signal) => read('admin/strategy', { signal }), {
  everyMs: null,
  on: [stateTurns],
});

export const revisions: Resource<RevisionsAnswer> = resource((signal) => read('admin/config/revisions', { signal }), {
  everyMs: null,
  on: [stateTurns],
});

export const cost: Resource<CostAnswer> = resource((signal) => read('admin/cost', { signal }), { everyMs: COST_MS });
