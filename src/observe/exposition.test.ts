import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Outcome } from '#core/outcome.ts';
import { METHOD_SERIES } from '#memory/counters.ts';
import { HISTOGRAM_CELLS, bucketOf } from '#memory/histogram.ts';
import { observedTwo } from '../../test/support/observed.ts';
import { Exposition } from './exposition.ts';
import { prometheusReport } from './prometheus.ts';

const GET = METHOD_SERIES.indexOf('GET');

describe('text exposition', () => {
  test('labels are escaped, empty ones left out', () => {
    const text = new Exposition().family('m', 'gauge', 'a\\b\nc').sample({ x: 'q"\\\n', y: '' }, 1.5).toString();
    assert.equal(text, '# HELP m a\\\\b\\nc\n# TYPE m gauge\nm{x="q\\"\\\\\\n"} 1.5\n');
  });

  test('histogram buckets are cumulative, in seconds, and end with everything', () => {
    const cells = new Float64Array(HISTOGRAM_CELLS);
    for (const us of [1_000, 20_000, 20_000, 800_000, 60_000_000]) cells[bucketOf(us)]! += 1;
    const lines = new Exposition()
      .family('d', 'histogram', 'h')
      .histogram({ r: 'x' }, cells, 60_841_000)
      .toString()
      .split('\n');
    const at = (le: string) => lines.find((line) => line.includes(`le="${le}"`))?.split(' ')[1];
    assert.deepEqual(
      [at('0.005'), at('0.01'), at('0.025'), at('0.75'), at('1'), at('10'), at('+Inf')].map(Number),
      [1, 1, 3, 3, 4, 4, 5],
    );
    assert.ok(lines.includes('d_sum{r="x"} 60.841'));
    assert.ok(lines.includes('d_count{r="x"} 5'));
    assert.ok(lines.includes('d_bucket{r="x",le="0.005"} 1'));
  });
});

describe('metrics', () => {
  const facts = {
    revision: 7,
    reloads: { ok: 2, failed: 1 },
    workerRestarts: 3,
    workers: 2,
    version: '1.2.3',
    cpuSeconds: 1,
    residentBytes: 2,
    startSeconds: 3,
  };

  test('every line is a sample of the family it stands under, and no family stands twice', () => {
    const { observed, recorders } = observedTwo();
    recorders[0]?.exchange(1, GET, 200, 10);
    recorders[0]?.attempt(0, Outcome.success, 10);
    let family = '';
    const seen = new Set<string>();
    for (const line of prometheusReport(observed, facts).trimEnd().split('\n')) {
      const [, name] = /^# TYPE (\S+) /.exec(line) ?? [];
      if (name !== undefined) {
        assert.ok(!seen.has(name), `${name} stands twice`);
        seen.add((family = name));
      } else if (!line.startsWith('#')) {
        assert.match(line, new RegExp(`^${family}(_bucket|_sum|_count)?(\\{([a-z]+="[^"]*",?)+\\})? [0-9.e+-]+$`));
      }
    }
  });

  test('the names that operators rely on', () => {
    const { observed, recorders } = observedTwo();
    recorders[0]?.exchange(1, GET, 200, 10);
    recorders[0]?.attempt(1, Outcome.reset, 10);
    recorders[0]?.pick(1);
    const lines = prometheusReport(observed, facts).split('\n');
    for (const line of [
      'edgebalancer_requests_total{listener="public",route="all",method="GET",status="200"} 1',
      'edgebalancer_request_duration_seconds_count{route="all",method="GET"} 1',
      'edgebalancer_requests_in_flight 0',
      'edgebalancer_connections{listener="public",state="open"} 0',
      'edgebalancer_upstream_requests_total{pool="app",backend="b",outcome="reset"} 1',
      'edgebalancer_backend_up{pool="app",backend="a"} 1',
      'edgebalancer_backend_up{pool="app",backend="b"} 0',
      'edgebalancer_backend_weight{pool="app",backend="b"} 2',
      'edgebalancer_picks_total{pool="app",backend="b",strategy="round-robin"} 1',
      'edgebalancer_health_checks_total{pool="app",backend="a",result="failed"} 1',
      'edgebalancer_worker_restarts_total 3',
      'edgebalancer_config_revision 7',
      'edgebalancer_config_reloads_total{result="failed"} 1',
    ])
      assert.ok(lines.includes(line), `missing: ${line}`);
  });
});
