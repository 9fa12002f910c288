/** What is going on: overview, metrics, liveness, readiness. */
import { z } from 'zod';
import type { OverviewAnswer } from '#contract/admin.ts';
import { EXPOSITION_TYPE, OPEN_METRICS_TYPE } from '#observe/exposition.ts';
import { formOf } from '#observe/exposition-form.ts';
import { metricsReport } from '#observe/metrics-report.ts';
import { prometheusReport } from '#observe/prometheus.ts';
import { json, text } from './answer.ts';
import { metricsAnswer, overviewAnswer, statusAnswer } from './answers.ts';
import { call, repeated, type AnyCall } from './call.ts';

export const OVERVIEW_CALLS: readonly AnyCall[] = [
  call({
    method: 'GET',
    path: '/admin/overview',
    id: 'getOverview',
    tag: 'Overview',
    summary: 'Version, workers, listeners, totals, and whether what runs is what the file says',
    access: 'read',
    perReplica: true,
    gives: { 200: { says: 'The overview', schema: overviewAnswer } },
    run: (asked) =>
      repeated(asked, 'overview', () => {
        const { view, config } = asked.api.ports;
        return json({ ...view.overview(), drift: config.drift() } satisfies OverviewAnswer);
      }),
  }),
  call({
    method: 'GET',
    path: '/admin/metrics',
    id: 'getMetrics',
    tag: 'Overview',
    summary: 'The counters, as JSON',
    access: 'read',
    perReplica: true,
    gives: { 200: { says: 'The counters', schema: metricsAnswer } },
    run: (asked) => repeated(asked, 'metrics', () => json(metricsReport(asked.api.ports.view.observed()))),
  }),
  call({
    method: 'GET',
    path: '/metrics',
    id: 'scrapeMetrics',
    tag: 'Overview',
    summary: 'All metrics, in the text format of Prometheus, or as OpenMetrics where Accept asks for it',
    access: 'metrics',
    gives: { 200: { says: 'The metrics', schema: z.string(), types: [EXPOSITION_TYPE, OPEN_METRICS_TYPE] } },
    run: (asked) => {
      const { view } = asked.api.ports;
      const form = formOf(String(asked.headers['accept'] ?? ''));
      const type = form === 'openmetrics' ? OPEN_METRICS_TYPE : EXPOSITION_TYPE;
      return repeated(asked, `exposition ${form}`, () =>
        text(type, prometheusReport(view.observed(), view.processFacts(), form), { vary: 'accept' }),
      );
    },
  }),
  call({
    method: 'GET',
    path: '/healthz',
    id: 'isAlive',
    tag: 'Probes',
    summary: 'Liveness',
    access: 'open',
    gives: { 200: { says: 'The process answers', schema: statusAnswer } },
    run: () => json({ status: 'alive' }),
  }),
  call({
    method: 'GET',
    path: '/readyz',
    id: 'isReady',
    tag: 'Probes',
    summary: 'Readiness: false before the first worker listens, and while draining',
    access: 'open',
    gives: {
      200: { says: 'Requests are welcome', schema: statusAnswer },
      503: { says: 'They are not', schema: statusAnswer },
    },
    run: ({ api }) => {
      const why = api.ports.view.unready();
      return why === null ? json({ status: 'ready' }) : json({ status: 'not ready', reason: why }, 503);
    },
  }),
];
