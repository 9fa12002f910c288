/**
 * All tools there are. Each reads, or simulates; none changes anything, and none reads more than a viewer may. Adding one is an
 * entry here: models and MCP have it from then on.
 */
import { z } from 'zod';
import { REQUEST_LISTS } from '#contract/requests.ts';
import { tool, type Tool } from './tool.ts';

/** Of one answer: a model reads tens of requests, not hundreds. */
const REQUESTS_MAX = 30;
const MINUTES_MAX = 1440;
/** Steps of a history: enough for a shape, few enough to read. */
const STEPS = 60;
const NAME_MAX = 200;

const name = (what: string) => z.string().min(1).max(NAME_MAX).describe(what);
const nothing = z.strictObject({});

const simulated = z
  .looseObject({ kind: z.string() })
  .describe(
    'One of {kind:"strategy",name,params?}, {kind:"without",backend}, {kind:"state",backend,state}, {kind:"weight",backend,weight}, {kind:"tier",backend,tier}, {kind:"add",like,count}, {kind:"slower",backend,times}, {kind:"rate",times}, {kind:"hedge",after,budget}, {kind:"config",patch}: patch is a part of the pool as the configuration writes it',
  );

export const TOOLS: readonly Tool[] = [
  tool('overview', 'Version, uptime, workers, listeners, totals, drift from the file', nothing, () => ({
    method: 'GET',
    path: '/admin/overview',
  })),
  tool(
    'replicas',
    'The replicas that share state: load and state of each, backends that any of them keeps out',
    nothing,
    () => ({
      method: 'GET',
      path: '/admin/replicas',
    }),
  ),
  tool(
    'findings',
    'What the rules have found wrong now: causes first, with evidence and recommendations. Look here first',
    nothing,
    () => ({ method: 'GET', path: '/admin/copilot' }),
  ),
  tool(
    'backends',
    'Pools and backends: state, circuit, weight, in flight, share, latency, last probe',
    nothing,
    () => ({ method: 'GET', path: '/admin/backends' }),
  ),
  tool(
    'metrics',
    'Totals since the start: requests, retries, failovers, errors, status classes, routes with latencies',
    nothing,
    () => ({ method: 'GET', path: '/admin/metrics' }),
  ),
  tool(
    'history',
    'Counters and latencies of the past minutes, in steps',
    z.strictObject({ minutes: z.int().min(1).max(MINUTES_MAX).describe('How far back, at most a day') }),
    ({ minutes }) => ({
      method: 'GET',
      path: '/admin/history',
      query: { from: -minutes * 60, step: Math.max(1, Math.ceil((minutes * 60) / STEPS)) },
    }),
  ),
  tool('strategies', 'The strategies there are, when each is best, and those in force', nothing, () => ({
    method: 'GET',
    path: '/admin/strategy',
  })),
  tool(
    'requests',
    'Recorded requests: recent, slowest, failed, tried again',
    z.strictObject({
      list: z.enum(REQUEST_LISTS).default('recent'),
      pool: name('Of this pool').optional(),
      backend: name('That asked this backend').optional(),
      route: name('Of this route').optional(),
      status: z.int().min(0).max(999).optional(),
      minMs: z.number().min(0).optional(),
    }),
    (query) => ({ method: 'GET', path: '/admin/requests', query: { ...query, limit: REQUESTS_MAX } }),
  ),
  tool(
    'explain',
    'Why one recorded request went where it went: candidates, scores, exclusions, attempts, times',
    z.strictObject({ id: z.string().min(1).max(128).describe('Its id') }),
    ({ id }) => ({ method: 'GET', path: `/admin/requests/${encodeURIComponent(id)}` }),
  ),
  tool('configuration', 'The configuration in force, secrets hidden', nothing, () => ({
    method: 'GET',
    path: '/admin/config',
  })),
  tool('revisions', 'Who changed the configuration, when, from where', nothing, () => ({
    method: 'GET',
    path: '/admin/config/revisions',
  })),
  tool(
    'cost',
    'The monthly estimate line by line; with arguments, for what they suppose',
    z.strictObject({
      region: name('An AWS region').optional(),
      tasks: z.number().positive().optional(),
      vcpu: z.number().positive().optional(),
      memoryGiB: z.number().positive().optional(),
      requests: z.number().min(0).optional().describe('In a month'),
    }),
    (query) => ({ method: 'GET', path: '/admin/cost', query }),
  ),
  tool(
    'simulate',
    'What would happen: p50 to p99.9, errors, balance now and with changes, by the code that routes. Takes seconds',
    z.strictObject({
      pool: name('The pool').optional(),
      changes: z.array(simulated).max(10).optional(),
      compare: z
        .array(z.strictObject({ name: name('What to call it'), changes: z.array(simulated).max(10) }))
        .max(10)
        .optional()
        .describe('Alternatives, each with a name'),
      assume: z
        .looseObject({})
        .optional()
        .describe('Such as {concurrency: 8}: requests a backend works on at one time'),
    }),
    (body) => ({ method: 'POST', path: '/admin/simulate', body }),
  ),
];
