/** The cost page: its sum is the lines' and the API's; what a slider supposes is what the API says of it. */
import assert from 'node:assert/strict';
import { after, before, describe, test, type TestContext } from 'node:test';
import type { Browser } from 'playwright-core';
import type { CostAnswer } from '#contract/cost.ts';
import { administer, type Administered } from '../support/admin-client.ts';
import { need } from '../support/needs.ts';
import { ask, Origin } from '../support/origin.ts';
import { until } from '../support/until.ts';
import { expectAccessible } from './support/accessibility.ts';
import { openBrowser, openPage } from './support/browser.ts';
import { takePicture } from './support/picture.ts';
import { buildDashboard } from './support/product.ts';

const skip = need('chromium');
const TOLD = /status of (400|401)/;
const dollars = (amount: number): string =>
  new Intl.NumberFormat('en', { style: 'currency', currency: 'USD' }).format(amount);

describe('cost page', { skip }, () => {
  let browser: Browser;
  before(async () => {
    await buildDashboard();
    browser = await openBrowser();
  });
  after(() => browser.close());

  async function house(t: TestContext): Promise<Administered & { readonly page: string }> {
    const origin = await Origin.start('a');
    t.after(() => origin.stop());
    const administered = await administer(t, {
      backends: [{ id: 'a', url: origin.url }],
      adminSettings: { publicRead: true },
    });
    return { ...administered, page: `http://127.0.0.1:${administered.adminPort}/cost` };
  }

  const estimate = async ({ operate }: Administered, query = ''): Promise<CostAnswer> =>
    (await operate('GET', `/admin/cost${query}`)).data as CostAnswer;

  test('the sum is that of its lines and of the API; other tasks and sizes cost what the API says', async (t) => {
    const balancer = await house(t);
    // Without traffic everything stands still, so that the page and the test are told the same.
    const now = await estimate(balancer);
    const page = await openPage(t, browser, balancer.page, { allow: TOLD });
    const total = page.getByRole('region', { name: 'Estimate' }).locator('.stat-value').first();
    await until('the total', async () => (await total.textContent()) === dollars(now.monthly));
    const bill = page.getByRole('group', { name: 'The bill, line by line' });
    assert.equal(await bill.locator('tbody tr').count(), now.items.length);
    const sum = now.items.reduce((all, { monthly }) => all + monthly, 0);
    assert.ok(Math.abs(sum - now.monthly) < 0.01);
    await bill.locator('tfoot').getByText(dollars(now.monthly)).waitFor();
    await expectAccessible(page);

    const tasks = (now.deployment?.tasks ?? 0) + 2;
    const slider = page.getByLabel('Tasks', { exact: true });
    await slider.focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    const more = await estimate(balancer, `?tasks=${tasks}`);
    await until('the supposed total', async () => (await total.textContent()) === dollars(more.monthly));
    await page.getByText(`+${dollars(more.monthly - now.monthly)} to ${dollars(now.monthly)} now`).waitFor();
    // Playwright hears of a new address a moment after the page has it.
    await page.waitForURL((url) => url.search === `?tasks=${tasks}`);

    await page.getByLabel('vCPU of each').focus();
    await page.keyboard.press('End');
    // Memory goes with it.
    await page.waitForURL(({ searchParams: at }) => at.get('vcpu') === '16' && at.get('memory') === '32');
    const large = await estimate(balancer, `?tasks=${tasks}&vcpu=16&memoryGiB=32`);
    await until('the large total', async () => (await total.textContent()) === dollars(large.monthly));
    await expectAccessible(page);
    await takePicture(page, 'cost-light');

    await page.getByRole('button', { name: 'As it is' }).click();
    await until('the total again', async () => (await total.textContent()) === dollars(now.monthly));
    await page.waitForURL((url) => url.search === '');
  });

  test('an unknown region is an error that names those there are, and the bill stays', async (t) => {
    const balancer = await house(t);
    await ask(balancer.port, '/proxy/');
    const page = await openPage(t, browser, `${balancer.page}?region=mars-1`, { allow: TOLD, theme: 'dark' });
    await page
      .getByRole('alert')
      .getByText(/us-east-1/)
      .waitFor();
    await page.getByRole('group', { name: 'The bill, line by line' }).waitFor();
    await expectAccessible(page);
    await takePicture(page, 'cost-dark');
    await page.getByLabel('Region').fill('eu-west-1');
    const there = await estimate(balancer, '?region=eu-west-1');
    assert.equal(there.region, 'eu-west-1');
    await page.getByRole('alert').waitFor({ state: 'detached' });
  });
});
