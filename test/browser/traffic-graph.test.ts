/** The traffic graph of the overview: what flows where agrees with the API, and a backend that fails is seen to. */
import assert from 'node:assert/strict';
import { after, before, describe, test, type TestContext } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { administer, type Administered } from '../support/admin-client.ts';
import { need } from '../support/needs.ts';
import { ask, Origin } from '../support/origin.ts';
import { until } from '../support/until.ts';
import { expectAccessible } from './support/accessibility.ts';
import { openBrowser, openPage } from './support/browser.ts';
import { takePicture } from './support/picture.ts';
import { buildDashboard } from './support/product.ts';

const skip = need('chromium');

describe('traffic graph', { skip }, () => {
  let browser: Browser;
  before(async () => {
    await buildDashboard();
    browser = await openBrowser();
  });
  after(() => browser.close());

  interface House extends Administered {
    readonly origins: readonly Origin[];
  }

  async function house(t: TestContext, ids: readonly string[]): Promise<House> {
    const origins = await Promise.all(ids.map((id) => Origin.start(id)));
    t.after(() => Promise.all(origins.map((origin) => origin.stop())));
    const administered = await administer(t, {
      backends: origins.map(({ id, url }) => ({ id, url })),
      health: { path: '/healthz', interval: '200ms', timeout: '150ms', unhealthyAfter: 2, healthyAfter: 2 },
      adminSettings: { publicRead: true },
    });
    return { ...administered, origins };
  }

  /** Requests, one after another, until it is told to stop. */
  function load(t: TestContext, port: number): void {
    let going = true;
    t.after(() => (going = false));
    void (async () => {
      while (going) await ask(port, '/proxy/').catch(() => null);
    })();
  }

  const node = (page: Page, name: RegExp) => page.getByRole('link', { name });
  const spokenRate = async (page: Page, name: RegExp): Promise<number> => {
    const label = (await node(page, name).getAttribute('aria-label')) ?? '';
    return Number(/([\d.,]+) requests a second/.exec(label)?.[1]?.replaceAll(',', '') ?? Number.NaN);
  };

  test('a backend that fails is marked, its flow goes to the others, and it leads to its details', async (t) => {
    const { port, adminPort, origins } = await house(t, ['a', 'b']);
    load(t, port);
    const page = await openPage(t, browser, `http://127.0.0.1:${adminPort}/`, { allow: /status of 401/ });
    await until('both to get requests', async () => {
      const [a, b] = [await spokenRate(page, /^Backend app\/a/), await spokenRate(page, /^Backend app\/b/)];
      return a > 0 && b > 0;
    });
    await node(page, /^Route app/).waitFor();
    await node(page, /^Pool app, round-robin/).waitFor();
    const bands = page.locator('.flow-band');
    await until('the flow to be drawn', async () => (await bands.count()) >= 4);
    await expectAccessible(page);
    await takePicture(page, 'traffic-light');

    const [failing] = origins as [Origin];
    failing.healthStatus = 503;
    await node(page, /^Backend app\/a, unhealthy/).waitFor();
    await until('its flow to end', async () => (await spokenRate(page, /^Backend app\/a/)) === 0);
    assert.ok((await spokenRate(page, /^Backend app\/b/)) > 0);
    await node(page, /^Backend app\/a/).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('complementary', { name: 'Backend app/a' }).waitFor();
    await page.waitForURL((url) => url.search === '?backend=app%2Fa');
  });

  test('of many backends the unwell are named and the rest stand together; a phone sees them too', async (t) => {
    const { origins, adminPort } = await house(
      t,
      Array.from({ length: 40 }, (_, at) => `n${String(at).padStart(2, '0')}`),
    );
    (origins[33] as Origin).healthStatus = 500;
    const page = await openPage(t, browser, `http://127.0.0.1:${adminPort}/`, {
      allow: /status of 401/,
      theme: 'dark',
      width: 380,
      height: 800,
    });
    await node(page, /^Backend app\/n33, unhealthy/).waitFor();
    await node(page, /^Backend app\/27 more, healthy/).waitFor();
    const wide = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
    assert.equal(wide, 0);
    await expectAccessible(page);
    await takePicture(page, 'traffic-narrow-dark');
  });
});
