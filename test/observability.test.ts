/** What is said of metrics elsewhere is true: docs/metrics.md, the dashboard and the alerts name what there is. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { prometheusReport } from '#observe/prometheus.ts';
import { metricFacts } from './support/metric-facts.ts';
import { MetricSamples } from './support/metric-samples.ts';
import { observedWhole } from './support/observed-whole.ts';
import { promqlNames } from './support/promql-names.ts';

const root = join(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const text = prometheusReport(observedWhole(), metricFacts).toString();
const samples = new MetricSamples(text).all;

/** Families with their types and labels, bounds of buckets apart. */
function families(): Map<string, { type: string; labels: Set<string> }> {
  const found = new Map<string, { type: string; labels: Set<string> }>();
  for (const [, name = '', type = ''] of text.matchAll(/^# TYPE (\S+) (\S+)$/gm))
    found.set(name, { type, labels: new Set() });
  for (const { name, labels } of samples) {
    const family = found.get(name) ?? found.get(name.replace(/_(bucket|sum|count)$/, ''));
    for (const label of Object.keys(labels)) if (label !== 'le') family?.labels.add(label);
  }
  return found;
}

describe('the exposition', () => {
  test('every family has a sample in the fullest of configurations', () => {
    for (const name of families().keys())
      assert.ok(
        samples.some((sample) => sample.name === name || sample.name === `${name}_count`),
        name,
      );
  });

  test('names of families are unique in OpenMetrics too, where counters lose their _total', () => {
    const open = prometheusReport(observedWhole(), metricFacts, 'openmetrics').toString();
    const names = [...open.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name);
    assert.equal(new Set(names).size, names.length);
    assert.equal(names.length, families().size);
    assert.ok(open.endsWith('\n# EOF\n'));
    assert.ok(!open.includes('\n\n'));
    // The samples are the same in both.
    const lines = (all: string): string[] => all.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    assert.deepEqual(lines(open), lines(text));
  });
});

test('docs/metrics.md names every metric, its type and its labels', () => {
  const rows = [...read('docs/metrics.md').matchAll(/^\| `(\w+)` \| (\w+) \|([^|]*)\|/gm)];
  const told = rows.map(([, name = '', type = '', labels = '']) => ({
    name,
    type,
    labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label = '']) => label).sort(),
  }));
  const there = [...families()].map(([name, { type, labels }]) => ({ name, type, labels: [...labels].sort() }));
  const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : 1);
  assert.deepEqual(told.sort(byName), there.sort(byName));
});

describe('deploy/observability', () => {
  const dashboard = JSON.parse(read('deploy/observability/grafana-dashboard.json')) as {
    panels: { id: number; title: string; type: string; gridPos: Rect; targets?: { expr: string; refId: string }[] }[];
    templating: { list: { name: string; definition?: string }[] };
  };
  const alerts = parse(read('deploy/observability/alerts.yml')) as {
    groups: { name: string; rules: { alert: string; expr: string; annotations: Record<string, string> }[] }[];
  };
  const rules = alerts.groups.flatMap((group) => group.rules);
  interface Rect {
    readonly x: number;
    readonly y: number;
    readonly w: number;
    readonly h: number;
  }

  /** Labels of each name that can be asked for; those that Prometheus adds included. */
  const labelsOf = new Map<string, Set<string>>([['up', new Set(['job', 'instance'])]]);
  for (const { name, labels } of samples) {
    const known = labelsOf.get(name) ?? new Set(['job', 'instance']);
    for (const label of Object.keys(labels)) known.add(label);
    labelsOf.set(name, known);
  }

  function assertExists(where: string, expression: string): void {
    const { metrics, selected, grouped } = promqlNames(expression);
    assert.ok(metrics.length > 0, `${where} asks for something`);
    for (const metric of metrics) assert.ok(labelsOf.has(metric), `${where}: there is no ${metric}`);
    for (const [metric, label] of selected)
      assert.ok(labelsOf.get(metric)?.has(label), `${where}: ${metric} has no label ${label}`);
    for (const label of grouped) {
      // Only buckets have it; what they are compared with need not.
      const of = label === 'le' ? metrics.filter((metric) => metric.endsWith('_bucket')) : metrics;
      assert.ok(of.length > 0, `${where}: no buckets`);
      for (const metric of of) assert.ok(labelsOf.get(metric)?.has(label), `${where}: ${metric} has no label ${label}`);
    }
  }

  test('the dashboard asks for metrics and labels that there are', () => {
    const targets = dashboard.panels.flatMap(({ title, targets: asked = [] }) =>
      asked.map(({ expr }) => ({ title, expr })),
    );
    assert.ok(targets.length > 40);
    for (const { title, expr } of targets) assertExists(`panel "${title}"`, expr);
    for (const { name, definition } of dashboard.templating.list) {
      const [, asked = '', label = ''] = /^label_values\((.*), (\w+)\)$/.exec(definition ?? '') ?? [];
      if (definition === undefined) continue;
      assertExists(`variable ${name}`, asked);
      assert.ok(labelsOf.get(asked.replace(/\{.*/, ''))?.has(label), `variable ${name}: ${label}`);
    }
  });

  test('every metric but the trivial is on the dashboard', () => {
    const asked = new Set(
      dashboard.panels.flatMap(({ targets = [] }) => targets.flatMap(({ expr }) => promqlNames(expr).metrics)),
    );
    const left = [...families()].filter(
      ([name]) => !asked.has(name) && !asked.has(`${name}_bucket`) && !asked.has(`${name}_count`),
    );
    assert.deepEqual(left.map(([name]) => name).sort(), [
      'edgebalancer_build_info',
      'edgebalancer_rate_limit_dry_run_total',
      'edgebalancer_rate_limit_evictions_total',
      'edgebalancer_stale_retries_total',
      'edgebalancer_upstream_errors_total',
      'process_start_time_seconds',
      'process_virtual_memory_bytes',
    ]);
  });

  test('its panels have ids of their own and do not lie over one another', () => {
    const { panels } = dashboard;
    assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
    for (const [at, { title, gridPos: a }] of panels.entries()) {
      assert.ok(a.x >= 0 && a.x + a.w <= 24, title);
      for (const { title: other, gridPos: b } of panels.slice(at + 1)) {
        const apart = a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y;
        assert.ok(apart, `"${title}" and "${other}"`);
      }
    }
  });

  test('alerts ask for metrics and labels that there are, say what they mean, and each has a test', () => {
    const tests = read('deploy/observability/alerts.test.yml');
    for (const { alert, expr, annotations } of rules) {
      assertExists(alert, expr);
      for (const word of ['summary', 'description'])
        assert.ok((annotations[word] ?? '').length > 10, `${alert}: ${word}`);
      assert.ok(tests.includes(`alertname="${alert}"`) || tests.includes(`alertname: ${alert}`), `${alert} has a test`);
    }
    assert.equal(new Set(rules.map(({ alert }) => alert)).size, rules.length);
  });
});
