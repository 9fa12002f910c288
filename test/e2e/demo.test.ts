/** `npm start`: the demo serves, shows itself, and goes without a trace. */
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { describe, test } from 'node:test';
import type { BackendsAnswer, MetricsAnswer } from '#contract/admin.ts';
import { ask } from '../support/origin.ts';
import { Program } from '../support/program.ts';
import { until } from '../support/until.ts';

describe('demo', () => {
  test('it serves, has traffic, shows itself and ends without a trace', async (t) => {
    const demo = new Program(t, ['demo', '--port', '0']);
    const [, base] = await demo.says(/Dashboard\S*\s+(http:\/\/127\.0\.0\.1:\d+)\//);
    const port = Number(new URL(base as string).port);

    const reply = await ask(port, '/proxy/hello');
    assert.equal(reply.status, 200);
    assert.equal(JSON.parse(reply.body).path, '/hello');
    assert.match((await ask(port, '/')).body, /<title>EdgeBalancer<\/title>/);
    const metrics = await until('traffic through several routes', async () => {
      const answer = JSON.parse((await ask(port, '/admin/metrics')).body) as MetricsAnswer;
      const routes = new Set(answer.routes.map(({ route }) => route));
      return routes.size >= 3 && answer.totalRequests >= 10 ? answer : null;
    });
    assert.ok(metrics.statusClasses['2xx'] >= 10);
    const ids = Object.keys(metrics.backendSelection);
    assert.deepEqual(ids.toSorted(), ['app/fast', 'app/medium', 'app/moody', 'app/slow']);
    await until('all backends to be probed', async () => {
      const { pools } = JSON.parse((await ask(port, '/admin/backends')).body) as BackendsAnswer;
      return pools[0]?.backends.every(({ state }) => state === 'healthy');
    });

    const table = new Program(t, ['backends', '--admin', base as string]);
    assert.equal(await table.end(), 0);
    assert.match(table.stdout, /^POOL {2}BACKEND {2}STATE .*\napp {3}fast {5}.*healthy/);
    const json = new Program(t, ['backends', '--json', '--admin', base as string]);
    assert.equal(await json.end(), 0);
    assert.equal(JSON.parse(json.stdout).pools[0].backends.length, 4);

    // What a terminal and npm do together: the same signal twice.
    demo.signal('SIGINT');
    demo.signal('SIGINT');
    await demo.says(/stopping/);
    assert.equal(await demo.end(), 0);
    assert.equal(demo.stderr, '');
    assert.deepEqual(demo.leftovers(), []);
    await assert.rejects(ask(port), { code: 'ECONNREFUSED' });
  });

  test('below npm, whose shell takes the signals, it ends with its shell', async (t) => {
    const demo = new Program(t, ['demo', '--port', '0'], { npm: true });
    const [, base] = await demo.says(/Dashboard\S*\s+(http:\/\/127\.0\.0\.1:\d+)\//);
    demo.signal('SIGTERM');
    assert.equal(await demo.end(), 'SIGTERM');
    assert.match(demo.stdout, /stopping[^]*drained/);
    assert.deepEqual(demo.leftovers(), []);
    await assert.rejects(ask(Number(new URL(base as string).port)), { code: 'ECONNREFUSED' });
  });

  test('it ends with its terminal', async (t) => {
    const demo = new Program(t, ['demo', '--port', '0']);
    await demo.says(/Ctrl-C stops everything/);
    demo.signal('SIGHUP');
    assert.equal(await demo.end(), 0);
    assert.deepEqual(demo.leftovers(), []);
  });

  test('a taken port gives one sentence that names the option', async (t) => {
    const taken = createServer();
    t.after(() => taken.close());
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as { port: number };
    const demo = new Program(t, ['demo', '--port', String(port)]);
    assert.equal(await demo.end(), 1);
    assert.match(
      demo.stderr,
      new RegExp(`^[^\n]*127\\.0\\.0\\.1:${port} is taken [^\n]*npm start -- --port ${port + 1}\n$`),
    );
    assert.deepEqual(demo.leftovers(), []);
  });

  test('backends without an admin API to ask say where they looked', async (t) => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as { port: number };
    await new Promise((resolve) => taken.close(resolve));
    const backends = new Program(t, ['backends', '--admin', `http://127.0.0.1:${port}`]);
    assert.equal(await backends.end(), 1);
    assert.match(
      backends.stderr,
      new RegExp(`^No answer from http://127\\.0\\.0\\.1:${port}: nothing listens there\\. `),
    );
  });

  test('a Node that cannot run the source is refused in one sentence', async (t) => {
    const program = new Program(t, ['demo'], { nodeArgs: ['--no-strip-types'] });
    assert.equal(await program.end(), 1);
    assert.match(program.stderr, /^EdgeBalancer runs from its TypeScript source, [^\n]*\n$/);
  });
});
