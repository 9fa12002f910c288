/** The status page in a real browser: it fills itself, and its policy stops nothing that it needs. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type { BackendsAnswer } from '#contract/admin.ts';
import { load } from '../support/browser.ts';
import { need } from '../support/needs.ts';
import { Origin, ask } from '../support/origin.ts';
import { supervise } from '../support/supervised.ts';
import { until } from '../support/until.ts';

const origin = await Origin.start('a');
after(() => origin.stop());

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
    const { html, said } = await load(t, `http://127.0.0.1:${port}/`);
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
