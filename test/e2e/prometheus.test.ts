/** A real Prometheus scrapes a real balancer: it takes every line, and what it answers is what clients counted. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { VIEWER, administer, callAdmin } from '../support/admin-client.ts';
import { need, whereIs } from '../support/needs.ts';
import { Origin, ask } from '../support/origin.ts';
import { temporaryDirectory } from '../support/program.ts';
import { until } from '../support/until.ts';

const DEPLOYED = join(import.meta.dirname, '../../deploy/observability');

function promtool(args: readonly string[], input: string | Buffer = ''): { code: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync(whereIs('promtool') as string, args, { cwd: DEPLOYED, input });
  return { code: status, said: `${stdout.toString()}${stderr.toString()}` };
}

/** Answers of `/api/v1/query` by the values of a label. */
type Query = (expression: string, by?: string) => Promise<Record<string, number>>;

/** Starts Prometheus on a port of the system's choice, which scrapes `target` each second with a viewer's token. */
async function prometheus(t: TestContext, target: string): Promise<Query> {
  const folder = temporaryDirectory(t);
  mkdirSync(join(folder, 'data'));
  copyFileSync(join(DEPLOYED, 'alerts.yml'), join(folder, 'alerts.yml'));
  writeFileSync(join(folder, 'edgebalancer.token'), VIEWER);
  const config = {
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: ['alerts.yml'],
    scrape_configs: [
      {
        job_name: 'edgebalancer',
        authorization: { credentials_file: 'edgebalancer.token' },
        static_configs: [{ targets: [target] }],
      },
    ],
  };
  writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(config));
  const args = [
    `--config.file=${join(folder, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    '--web.listen-address=127.0.0.1:0',
  ];
  const child = spawn(whereIs('prometheus') as string, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const gone = new Promise((resolve) => child.once('close', resolve));
  t.after(async () => {
    child.kill('SIGKILL');
    await gone;
  });
  let said = '';
  child.stderr.on('data', (part: Buffer) => (said += part.toString()));
  const address = await until('Prometheus to listen', () => {
    assert.equal(child.exitCode, null, said);
    return /msg="Listening on" address="?(127\.0\.0\.1:[1-9]\d*)/.exec(said)?.[1];
  });
  // It listens before it can be asked: until its storage is open it answers everything with 503.
  await until('Prometheus to be ready', async () => (await fetch(`http://${address}/-/ready`)).ok);
  return async (expression, by = '') => {
    const answer = await fetch(`http://${address}/api/v1/query?query=${encodeURIComponent(expression)}`);
    assert.equal(answer.status, 200, expression);
    const { data } = (await answer.json()) as {
      data?: { result: { metric: Record<string, string>; value: [number, string] }[] };
    };
    const result = data?.result ?? [];
    return Object.fromEntries(result.map(({ metric, value }) => [metric[by] ?? '', Number(value[1])]));
  };
}

const skip = need('prometheus');

describe('Prometheus', { skip }, () => {
  test('scrapes it, and counts what its clients count', async (t) => {
    const origins = await Promise.all(['a', 'b'].map((id) => Origin.start(id)));
    t.after(() => Promise.all(origins.map((origin) => origin.stop())));
    const { supervisor, port } = await administer(t, {
      workers: 2,
      backends: origins.map(({ id, url }) => ({ id, url })),
    });
    const query = await prometheus(t, `127.0.0.1:${supervisor.adminPort}`);
    await until('a scrape', async () => (await query('up', 'job'))['edgebalancer'] === 1);

    const counts = { GET: 60, POST: 20, PROPFIND: 5 };
    for (const [method, count] of Object.entries(counts))
      for (let at = 0; at < count; at++) await ask(port, '/proxy/x', { method });
    const total = counts.GET + counts.POST + counts.PROPFIND;
    const requests = 'edgebalancer_requests_total{route="app"}';
    await until('the last request to be scraped', async () => (await query(`sum(${requests})`))[''] === total);

    assert.deepEqual(await query(`sum by (method) (${requests})`, 'method'), { GET: 60, POST: 20, _OTHER: 5 });
    assert.deepEqual(await query(`sum by (status) (${requests})`, 'status'), { 200: total });
    assert.deepEqual(await query(`sum by (listener) (${requests})`, 'listener'), { public: total });
    assert.deepEqual(
      await query('sum by (backend) (edgebalancer_upstream_requests_total{outcome="success"})', 'backend'),
      Object.fromEntries(origins.map(({ id, served }) => [id, served])),
    );
    for (const [histogram, labels] of [
      ['edgebalancer_request_duration_seconds', '{route="app"}'],
      ['edgebalancer_upstream_duration_seconds', ''],
    ] as const) {
      const counted = await query(`sum(${histogram}_count${labels})`);
      assert.equal(counted[''], total, histogram);
      const infinite = labels === '' ? '{le="+Inf"}' : '{route="app",le="+Inf"}';
      assert.equal((await query(`sum(${histogram}_bucket${infinite})`))[''], total);
      const p99 = (await query(`histogram_quantile(0.99, sum by (le) (${histogram}_bucket${labels}))`))[''] as number;
      assert.ok(p99 > 0 && p99 <= 10, `${histogram}: ${p99}`);
    }
    assert.equal((await query('up', 'job'))['edgebalancer'], 1);
    // What a scrape brought is all there: nothing was dropped for its name, labels or time.
    const brought = (await query('scrape_samples_scraped'))[''] as number;
    assert.equal((await query('scrape_samples_post_metric_relabeling'))[''], brought);
    assert.ok(brought > 100, `${brought} samples`);
    assert.deepEqual(await query('ALERTS{alertstate="firing"}', 'alertname'), {});
  });
});

describe('promtool', { skip: need('promtool') }, () => {
  test('finds nothing wrong with names, types and help', async (t) => {
    const origin = await Origin.start('a');
    t.after(() => origin.stop());
    const { supervisor, port } = await administer(t, { backends: [{ id: 'a', url: origin.url }] });
    await ask(port, '/proxy/x');
    const { text } = await callAdmin(supervisor.adminPort, 'GET', '/metrics', { token: VIEWER });
    assert.deepEqual(promtool(['check', 'metrics'], text), { code: 0, said: '' });
  });

  test('the alert rules are valid, fire when they should, and not when all is well', () => {
    const checked = promtool(['check', 'rules', 'alerts.yml']);
    assert.equal(checked.code, 0, checked.said);
    const tested = promtool(['test', 'rules', 'alerts.test.yml']);
    assert.equal(tested.code, 0, tested.said);
  });

  test('the configuration for Prometheus is valid', () => {
    const checked = promtool(['check', 'config', '--syntax-only', 'prometheus.yml']);
    assert.equal(checked.code, 0, checked.said);
  });
});
