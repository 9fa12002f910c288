/** The replicas on the overview: real ones, over a real Redis. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { administer } from '../support/admin-client.ts';
import { need } from '../support/needs.ts';
import { Origin } from '../support/origin.ts';
import { Redis } from '../support/redis.ts';
import { expectAccessible } from './support/accessibility.ts';
import { openBrowser, openPage } from './support/browser.ts';
import { buildDashboard } from './support/product.ts';

describe('replicas on the overview', { skip: need('chromium') || need('redis-server') }, () => {
  let browser: Browser;
  before(async () => {
    await buildDashboard();
    browser = await openBrowser();
  });
  after(() => browser.close());

  test('each has a row, which goes when it goes; a backend that one keeps out is named', async (t) => {
    const [redis, origin] = [await Redis.start(), await Origin.start('a')];
    t.after(() => Promise.all([redis.stop(), origin.stop()]));
    const replica = (name: string) => {
      const backends = [
        { id: 'a', url: origin.url },
        { id: 'b', url: 'http://127.0.0.1:9' },
      ];
      const settings = { backends, stateSettings: { shared: redis.url }, adminSettings: { publicRead: true } };
      return administer(t, settings, { env: { EDGEBALANCER_REPLICA: name } });
    };
    const [here, there] = [await replica('first'), await replica('second')];
    await here.operate('PATCH', '/admin/backends/app/b', { body: { state: 'maintenance' } });
    const page = await openPage(t, browser, `http://127.0.0.1:${here.adminPort}/`);
    const card = page.getByRole('region', { name: 'Replicas' });
    await card.getByRole('row', { name: /^second serving/ }).waitFor();
    assert.match(await card.getByRole('row', { name: /^first/ }).innerText(), /this one/);
    await card.getByText('app/b is out at every replica: maintenance').waitFor();
    await expectAccessible(page);
    await there.supervisor.stop();
    await card.getByRole('row', { name: /^second/ }).waitFor({ state: 'detached' });
  });

  test('one alone has no such card', async (t) => {
    const alone = await administer(t, { adminSettings: { publicRead: true } });
    const page = await openPage(t, browser, `http://127.0.0.1:${alone.adminPort}/`);
    await page.waitForResponse(/\/admin\/replicas$/);
    await page.getByText('Estimated cost').waitFor();
    assert.equal(await page.getByRole('region', { name: 'Replicas' }).count(), 0);
  });
});
