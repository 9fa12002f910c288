import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Outcome } from '#core/outcome.ts';
import { METHOD_SERIES } from '#memory/counters.ts';
import { DURATION_CELLS, durationCell } from '#memory/duration-cells.ts';
import { metricFacts } from '../../test/support/metric-facts.ts';
import { observedTwo } from '../../test/support/observed.ts';
import { Exposition } from './exposition.ts';
import { LabelSet } from './label-set.ts';
import { prometheusReport } from './prometheus.ts';

const GET = METHOD_SERIES.indexOf('GET');

describe('text exposition', () => {
  test('labels are escaped, empty ones left out', () => {
    const text = new Exposition().family('m', 'gauge', 'a\\b\nc').sample({ x: 'q"\\\n', y: '' }, 1.5).toString();
    assert.equal(text, '# HELP m a\\\\b\\nc\n# TYPE m gauge\nm{x="q\\"\\\\\\n"} 1.5\n');
    const labels = LabelSet.of({ pool: 'p' }).with('a', 'é"').with('b', '');
    assert.equal(labels.and(LabelSet.of({ c: 'd' })).startOf('n'), 'n{pool="p",a="é\\"",c="d"} ');
    assert.equal(
      LabelSet.of({})
        .and(LabelSet.of({ b: '' }))
        .startOf('n'),
      'n ',
    );
  });

  test('numbers are written as they are, at any size of the whole', () => {
    const numbers = [0, 7, 10, 99, 100, 2 ** 31 - 1, 2 ** 31, 2 ** 53, -3, 0.25, 1e-7, 1e21, Infinity, -Infinity, NaN];
    const out = new Exposition().family('m', 'gauge', 'h');
    for (let round = 0; round < 2000; round++) for (const number of numbers) out.sample({}, number);
    const values = out
      .toString()
      .trimEnd()
      .split('\n')
      .slice(2)
      .map((line) => line.slice(2));
    assert.equal(values.length, 2000 * numbers.length);
    const read = (text: string): number => Number(text.replace('Inf', 'Infinity'));
    values.forEach((value, at) => assert.ok(Object.is(read(value), numbers[at % numbers.length]), value));
  });

  test('OpenMetrics names counters without _total, says units, and ends', () => {
    const out = new Exposition('openmetrics')
      .family('a_seconds_total', 'counter', 'say "a"')
      .sample({}, 1)
      .family('b_bytes', 'gauge', 'h')
      .sample({ x: 'y' }, 2);
    assert.equal(
      out.toString(),
      '# HELP a_seconds say \\"a\\"\n# TYPE a_seconds counter\n# UNIT a_seconds seconds\na_seconds_total 1\n' +
        '# HELP b_bytes h\n# TYPE b_bytes gauge\n# UNIT b_bytes bytes\nb_bytes{x="y"} 2\n# EOF\n',
    );
  });

  test('histogram buckets are cumulative, in seconds, and end with everything', () => {
    const cells = new Float64Array(DURATION_CELLS);
    for (const us of [1_000, 20_000, 25_000, 800_000, 60_000_000]) cells[durationCell(us)]! += 1;
    const lines = new Exposition()
      .family('d', 'histogram', 'h')
      .histogram({ r: 'x' }, cells, 60_846_000)
      .toString()
      .split('\n');
    const at = (le: string) => lines.find((line) => line.includes(`le="${le}"`))?.split(' ')[1];
    assert.deepEqual(
      [at('0.005'), at('0.01'), at('0.025'), at('0.75'), at('1.0'), at('10.0'), at('+Inf')].map(Number),
      [1, 1, 3, 3, 4, 4, 5],
    );
    assert.ok(lines.includes('d_sum{r="x"} 60.846'));
    assert.ok(lines.includes('d_count{r="x"} 5'));
    assert.ok(lines.includes('d_bucket{r="x",le="0.005"} 1'));
  });
});

describe('metrics', () => {
  const facts = metricFacts;

  test('every line is a sample of the family it stands under, and no family stands twice', () => {
    const { observed, recorders } = observedTwo();
    recorders[0]?.exchange(1, GET, 200, 10);
    recorders[0]?.attempt(0, Outcome.success, 10);
    let family = '';
    const seen = new Set<string>();
    for (const line of prometheusReport(observed, facts).toString().trimEnd().split('\n')) {
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
    const lines = prometheusReport(observed, facts).toString().split('\n');
    for (const line of [
      'edgebalancer_requests_total{listener="public",route="all",method="GET",status="200"} 1',
      'edgebalancer_request_duration_seconds_count{route="all",method="GET"} 1',
      'edgebalancer_requests_in_flight{route="all"} 0',
      'edgebalancer_connections{listener="public",state="idle"} 0',
      'edgebalancer_upstream_duration_seconds_bucket{pool="app",backend="b",le="0.01"} 1',
      'edgebalancer_upstream_connect_seconds_count{pool="app",backend="b"} 0',
      'edgebalancer_upstream_connections{pool="app",backend="a",state="idle"} 0',
      'edgebalancer_bytes_total{listener="public",direction="sent"} 0',
      'nodejs_eventloop_lag_seconds_count{thread="worker-1"} 0',
      'nodejs_eventloop_time_seconds_total{thread="worker-0",state="active"} 1.5',
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
