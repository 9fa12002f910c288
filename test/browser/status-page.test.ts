/** The status page, which stands in where no dashboard was built: it fills itself, and its policy stops nothing it needs. */
import assert from 'node:assert/strict';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, describe, test, type TestContext } from 'node:test';
import type { BackendsAnswer } from '#contract/admin.ts';
import { statusPage } from '#control/admin/status-page.ts';
import { load } from '../support/browser.ts';
import { need } from '../support/needs.ts';
import { Origin, ask } from '../support/origin.ts';
import { supervise } from '../support/supervised.ts';
import { until } from '../support/until.ts';

const origin = await Origin.start('a');
after(() => origin.stop());

/** A port where `/` is the status page, though this checkout has a dashboard; the rest is the balancer's. */
async function withoutDashboard(t: TestContext, port: number): Promise<number> {
  const { type, body, headers } = statusPage();
  const server = createServer((asked, answer) => {
    if (asked.url === '/') return void answer.writeHead(200, { 'content-type': type, ...headers }).end(body);
    const passed = request({ host: '127.0.0.1', port, path: asked.url ?? '/', agent: false }, (got) => {
      answer.writeHead(got.statusCode ?? 502, got.headers);
      got.pipe(answer);
    });
    passed.on('error', () => answer.destroy());
    passed.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

describe('status page', () => {
  test('shows backends, routes and totals', { skip: need('chromium') }, async (t) => {
    const { port } = await supervise(t, {
      health: { interval: '60s' },
      backends: [
        { id: 'alpha', url: origin.url },
        { id: 'beta', url: 'http://127.0.0.1:1' },
      ],
    });
    await until('both to be probed', async () => {
      const { pools } = JSON.parse((await ask(port, '/admin/backends')).body) as BackendsAnswer;
      return pools[0]?.backends.every(({ lastProbe }) => lastProbe !== null);
    });
    for (let turn = 0; turn < 7; turn++) await ask(port, '/proxy/x');
    const { html, said } = await load(t, `http://127.0.0.1:${await withoutDashboard(t, port)}/`);
    const text = html.replace(/<(script|style)>[^]*?<\/\1>/g, '').replace(/<[^>]*>/g, '|');
    assert.match(text, /\|live\|/);
    assert.match(text, /\|Requests\|+7\|/);
    assert.match(text, /\|Backends up\|+1 of 2\|/);
    assert.match(html, /alpha.*class="state healthy">healthy</);
    assert.match(html, /class="state unhealthy">unhealthy<.*connection refused/);
    assert.match(text, /\|app\|+GET\|+7\|/);
    assert.doesNotMatch(said, /Refused to|Content Security Policy|Uncaught/);
  });
});
