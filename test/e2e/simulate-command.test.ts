/** `edgebalancer simulate`: from a configuration, from a model that was saved, and what it asks of a running EdgeBalancer. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import type { SimulateAnswer } from '#contract/simulate.ts';
import { STRATEGIES } from '#core/strategies/index.ts';
import { sampleModel } from '#simulator/sample-model.ts';
import { whatIf } from '#simulator/what-if.ts';
import { runCommand } from '../support/command-run.ts';
import { fixedAdmin } from '../support/fixed-admin.ts';

const cwd = mkdtempSync(join(tmpdir(), 'simulate-'));
after(() => rmSync(cwd, { recursive: true }));
const backends = ['a', 'b', 'c'].map((id, at) => ({ id, url: `http://10.0.0.${at + 1}:3000` }));
writeFileSync(join(cwd, 'config.json'), JSON.stringify({ pools: { app: { backends } } }));
const LOCAL = ['--config', 'config.json', '--rate', '200', '--service', '10ms', '--concurrency', '4', '--seconds', '5'];

const simulate = (...args: string[]) => runCommand(['simulate', ...args], { cwd });

async function answered(...args: string[]): Promise<SimulateAnswer> {
  const { code, out, err } = await simulate(...args, '--json');
  assert.equal(code, 0, err);
  return JSON.parse(out) as SimulateAnswer;
}

describe('of a configuration', () => {
  test('every strategy, with what else is different', async () => {
    const { alternatives, now, basis } = await answered(
      ...LOCAL,
      '--strategy',
      'all',
      '--slow',
      'a=3',
      '--rate',
      'x1.5',
    );
    assert.deepEqual(alternatives.map(({ name }) => name), STRATEGIES.map(({ name }) => `${name}, rate x1.5, slow a=3`)); // prettier-ignore
    assert.deepEqual(alternatives[0]?.changes, [
      { kind: 'rate', times: 1.5 },
      { kind: 'slower', backend: 'a', times: 3 },
      { kind: 'strategy', name: 'adaptive' },
    ]);
    assert.equal(now.backends.length, 3);
    assert.equal(basis.model.traffic.backends[0]?.concurrency, 4);
  });

  test('a table for people, and nothing else on standard output', async () => {
    const { code, out, err } = await simulate(...LOCAL, '--without', 'b', '--weight', 'a=3', '--hedge', 'p90');
    assert.equal(code, 0);
    assert.equal(err, '');
    assert.match(out, /^Pool app, /);
    assert.match(out, /^ +P50 +P95 +P99 +P99\.9/m);
    assert.match(out, /^without b, weight a=3, hedge p90 /m);
  });

  test('a terminal is shown how far it is, and left clean', async () => {
    const { err } = await runCommand(['simulate', ...LOCAL.slice(0, -1), '200', '--strategy', 'all'], {
      cwd,
      columns: 100,
    });
    assert.match(err, /simulating \[#*\.*\] \d+ of 45 runs/);
    assert.ok(err.endsWith('\r\u001b[K'));
  });

  test('what is missing or wrong is said', async () => {
    const refused = async (args: string[], what: RegExp, code = 2): Promise<void> => {
      const run = await simulate(...args);
      assert.equal(run.code, code, run.err);
      assert.match(run.err, what);
    };
    await refused(['--config', 'config.json'], /give --rate 500 and --service 25ms/);
    await refused([...LOCAL, '--weight', 'a'], /--weight wants a backend and a number such as `a=3`/);
    await refused([...LOCAL, '--service', 'fast'], /--service wants a time/);
    await refused([...LOCAL, '--service', 'z=5ms'], /there is no backend `z`/, 1);
    await refused([...LOCAL, '--without', 'z'], /there are a, b, c/, 1);
    await refused([...LOCAL, '--strategy', 'fastest'], /there are adaptive/, 1);
    await refused([...LOCAL, '--pool', 'ap'], /there is no pool `ap`/, 1);
    await refused([...LOCAL, '--seeds', '2'], /from 5 to 30/);
    await refused([...LOCAL, '--from', 'model.json'], /give one of them/);
    await refused(['--from', 'none.json'], /cannot be read/, 1);
    await refused(['--from', 'config.json'], /version: expected one of 1/, 1);
  });
});

test('a model that was saved gives the same answer again', async () => {
  const first = await answered(...LOCAL, '--save', 'model.json', '--strategy', 'random');
  assert.deepEqual(JSON.parse(readFileSync(join(cwd, 'model.json'), 'utf8')), first.basis.model);
  const again = await answered('--from', 'model.json', '--seconds', '5', '--strategy', 'random');
  assert.deepEqual(again.now, first.now);
  assert.deepEqual(again.alternatives, first.alternatives);
});

test('a running EdgeBalancer is asked over its API', async (t) => {
  const model = sampleModel();
  const found = whatIf({ model, alternatives: [], countedMs: 2000 });
  const answer: SimulateAnswer = { pool: 'app', basis: { from: ['x'], limits: ['y'], model }, then: null, ...found };
  const { url, asked } = await fixedAdmin(t, () => ({ status: 200, body: answer }));
  const args = [
    '--pool',
    'app',
    '--rate',
    '50',
    '--rate',
    'x2',
    '--without',
    'a',
    '--seeds',
    '6',
    '--concurrency',
    '3',
  ];
  const { code, out } = await simulate('--admin', url, ...args);
  assert.equal(code, 0);
  assert.match(out, /Based on:\n- x\n/);
  const { method, url: path, body } = asked[0]!;
  assert.deepEqual([method, path], ['POST', '/admin/simulate']);
  assert.deepEqual(JSON.parse(body), {
    pool: 'app',
    compare: [
      {
        name: 'rate x2, without a',
        changes: [
          { kind: 'rate', times: 2 },
          { kind: 'without', backend: 'a' },
        ],
      },
    ],
    seeds: 6,
    assume: { ratePerSecond: 50, concurrency: 3 },
  });
});
