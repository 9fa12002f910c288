/** The architecture page: the way of a request with live figures, and strategies compared as the simulator says. */
import assert from 'node:assert/strict';
import { after, before, describe, test, type TestContext } from 'node:test';
import type { Browser } from 'playwright-core';
import { administer, callAdmin, VIEWER, type Administered } from '../support/admin-client.ts';
import { need } from '../support/needs.ts';
import { ask, Origin } from '../support/origin.ts';
import { until } from '../support/until.ts';
import { expectAccessible } from './support/accessibility.ts';
import { openBrowser, openPage } from './support/browser.ts';
import { takePicture } from './support/picture.ts';
import { buildDashboard } from './support/product.ts';

const skip = need('chromium');
const TOLD = /status of (401|409)/;
const REQUESTS = 200;

describe('architecture page', { skip }, () => {
  let browser: Browser;
  before(async () => {
    await buildDashboard();
    browser = await openBrowser();
  });
  after(() => browser.close());

  async function house(t: TestContext): Promise<Administered & { readonly page: string }> {
    const origins = await Promise.all(['a', 'b'].map((id) => Origin.start(id)));
    t.after(() => Promise.all(origins.map((origin) => origin.stop())));
    const administered = await administer(t, {
      backends: origins.map(({ id, url }) => ({ id, url })),
      adminSettings: { publicRead: true },
    });
    return { ...administered, page: `http://127.0.0.1:${administered.adminPort}/architecture` };
  }

  test('every strategy is simulated for the traffic now seen, beside the one in force', async (t) => {
    const { port, adminPort, page: url } = await house(t);
    for (let sent = 0; sent < REQUESTS; sent++) assert.equal((await ask(port, '/proxy/')).status, 200);
    await until('the history has them', async () => {
      const { data } = await callAdmin(adminPort, 'GET', '/admin/history?step=1', { token: VIEWER });
      const { requests } = (data as { series: { requests: number[] } }).series;
      return requests.reduce((sum, count) => sum + count, 0) >= REQUESTS;
    });
    const page = await openPage(t, browser, url, { allow: TOLD });
    const table = page.getByRole('group', { name: 'Strategies compared' });
    await table.getByRole('row', { name: /^round-robin ?in force.* ms ± / }).waitFor();
    for (const name of ['adaptive', 'least-connections', 'peak-ewma', 'consistent-hash'])
      await table.getByRole('row', { name: new RegExp(`^${name}.* ms ± .* 0 % `) }).waitFor();
    await page.getByText('What it rests on, and what it cannot know').click();
    await page.getByText(/^service times: \d+ good answers|^service times: the latencies of \d+ attempts/).waitFor();
    await expectAccessible(page);
    await takePicture(page, 'architecture-light');
  });

  test('the way of a request has live figures, says what is not measured here, and a pool without traffic is no zero', async (t) => {
    const { page: url } = await house(t);
    const page = await openPage(t, browser, url, { allow: TOLD, theme: 'dark' });
    const stages = page.getByRole('list', { name: 'The way of a request' }).getByRole('listitem');
    await stages.filter({ hasText: 'Backend' }).getByText('2 of 2 up').waitFor();
    assert.equal(await stages.count(), 10);
    await stages.filter({ hasText: 'CloudFront' }).first().getByText('not measured here').waitFor();
    await page.getByText(/There is no prediction\. .+/).waitFor();
    const cells = await page
      .getByRole('row', { name: /^adaptive/ })
      .getByRole('cell')
      .allInnerTexts();
    assert.deepEqual(cells.slice(1), ['—', '—', '—', '—', '—']);
    await expectAccessible(page);
    await takePicture(page, 'architecture-dark');
  });
});
