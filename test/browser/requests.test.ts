/** The page of recorded requests: a failed one appears with its attempts and its reason, and says why it went there. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test, type TestContext } from 'node:test';
import type { Browser } from 'playwright-core';
import { administer, callAdmin, OPERATOR, type Administered } from '../support/admin-client.ts';
import { need } from '../support/needs.ts';
import { Origin } from '../support/origin.ts';
import { until } from '../support/until.ts';
import { expectAccessible } from './support/accessibility.ts';
import { openBrowser, openPage } from './support/browser.ts';
import { takePicture } from './support/picture.ts';
import { buildDashboard } from './support/product.ts';

const skip = need('chromium');
/** Sent so that it is recorded. */
const explained = (port: number, path: string) =>
  callAdmin(port, 'GET', path, { headers: { 'x-edgebalancer-explain': OPERATOR } });
const TOLD = /status of (401|404)/;

describe('requests page', { skip }, () => {
  let browser: Browser;
  before(async () => {
    await buildDashboard();
    browser = await openBrowser();
  });
  after(() => browser.close());

  /** `good` answers; `bad` says that it is overloaded. */
  async function house(t: TestContext): Promise<Administered & { readonly page: string }> {
    const good = await Origin.start('good');
    const bad = createServer((asked, response) => response.writeHead(asked.url === '/healthz' ? 200 : 503).end());
    await new Promise<void>((resolve) => bad.listen(0, '127.0.0.1', resolve));
    t.after(() => {
      bad.close();
      bad.closeAllConnections();
      return good.stop();
    });
    const administered = await administer(t, {
      backends: [
        { id: 'good', url: good.url },
        { id: 'bad', url: `http://127.0.0.1:${(bad.address() as AddressInfo).port}` },
      ],
      pool: { strategy: 'round-robin', circuit: null, retry: { attempts: 2 } },
      adminSettings: { publicRead: true },
    });
    await until('both to be well', async () => {
      const { data } = await administered.operate('GET', '/admin/backends');
      return (data.pools[0].backends as { state: string }[]).every(({ state }) => state === 'healthy');
    });
    return { ...administered, page: `http://127.0.0.1:${administered.adminPort}/requests` };
  }

  test('a request that was tried again is a waterfall of its attempts, with the reason of each pick', async (t) => {
    const { port, page: url, operate } = await house(t);
    for (let sent = 0; sent < 12; sent++) {
      const { status } = await explained(port, `/proxy/asked/${sent}?token=secret`);
      assert.equal(status, 200);
    }
    const { data } = await operate('GET', '/admin/requests?list=asked&backend=bad&limit=1');
    const { id } = data.requests[0] as { id: string };

    const page = await openPage(t, browser, `${url}?list=asked&backend=bad`, { allow: TOLD });
    const row = page.locator(`tr[data-key^="${id} "]`);
    await row.getByText('app/good').waitFor();
    assert.equal(await page.getByText('secret').count(), 0);
    await expectAccessible(page);

    await row.focus();
    await page.keyboard.press('Enter');
    await page.waitForURL((at) => at.searchParams.get('id') === id);
    const attempts = page.getByRole('list', { name: 'What it waited for' }).getByRole('listitem');
    await attempts.nth(1).waitFor();
    assert.deepEqual(await attempts.locator('.waterfall-title').allTextContents(), ['app/bad', 'app/good']);
    await attempts
      .nth(0)
      .getByText(/^first try · .*503, gateway-error$/)
      .waitFor();
    await attempts
      .nth(1)
      .getByText(/^again elsewhere · .*200, success$/)
      .waitFor();
    const why = page.getByRole('region', { name: 'Why bad', exact: true });
    await why.locator('tr', { hasText: 'bad' }).getByText('picked').waitFor();
    await why.getByText('Figures behind it').click();
    await why.getByText('came out the same').waitFor();
    const again = page.getByRole('region', { name: 'Why good (again elsewhere)' });
    await again.locator('tr', { hasText: 'good' }).getByText('picked').waitFor();
    await expectAccessible(page);
    await takePicture(page, 'requests-light');

    await page.keyboard.press('Escape');
    await attempts.first().waitFor({ state: 'detached' });
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.goto(`${url}?id=${id}`);
    await attempts.nth(1).waitFor();
    await expectAccessible(page);
    await takePicture(page, 'requests-dark');
  });

  test('filters are in the address; what is not recorded says so', async (t) => {
    const { port, page: url } = await house(t);
    for (let sent = 0; sent < 4; sent++) await explained(port, `/proxy/${sent}`);
    const page = await openPage(t, browser, url, { allow: TOLD });
    await page.getByRole('tab', { name: 'Failed' }).click();
    await page.getByText('No request has failed').waitFor();
    await page.getByLabel('Status').fill('404');
    await page.getByText('No recorded request is like that. Widen the filters.').waitFor();
    await page.waitForURL((at) => at.search === '?list=failed&status=404');
    await page.getByRole('button', { name: 'Clear' }).click();
    await page.getByText('No request has failed').waitFor();

    await page.goto(`${url}?id=gone`);
    await page.getByText(/No request gone is recorded/).waitFor();
    await expectAccessible(page);
  });
});
