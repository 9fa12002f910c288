/** The Metrics page in a real browser: its figures are those of the API, and time can be chosen, stopped and gone back in. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import type { HistoryAnswer } from '#contract/history.ts';
import { need } from '../support/needs.ts';
import { until } from '../support/until.ts';
import { expectAccessible } from './support/accessibility.ts';
import { openBrowser, openPage } from './support/browser.ts';
import { takePicture } from './support/picture.ts';
import { startDemo, type Demo } from './support/product.ts';

const skip = need('chromium');

describe('metrics page', { skip }, () => {
  let browser: Browser;
  let demo: Demo;
  const ends: (() => unknown)[] = [];
  before(async () => {
    demo = await startDemo({ after: (end) => void ends.push(end as () => unknown) });
    browser = await openBrowser();
  });
  after(async () => {
    await browser.close();
    for (const end of ends.reverse()) await end();
  });

  const figure = (page: Page, name: string) =>
    page.locator('.stat', { has: page.locator('dt', { hasText: new RegExp(`^${name}$`) }) }).locator('.stat-value');
  const shown = async (page: Page, name: string) => Number((await figure(page, name).innerText()).replaceAll(',', ''));
  const historyBetween = async (from: number, to: number) =>
    (await (await fetch(`${demo.url}admin/history?from=${from}&to=${to}`)).json()) as HistoryAnswer;

  for (const theme of ['light', 'dark'] as const) {
    test(`it fills itself and breaks no rule, ${theme}`, async (t) => {
      const page = await openPage(t, browser, `${demo.url}metrics-view?range=5m`, { theme, height: 1400 });
      for (const name of ['Request rate', 'Success share', 'Latency', 'In flight'])
        await page.getByRole('heading', { level: 2, name, exact: true }).waitFor();
      await page.locator('.chart-key', { hasText: 'p99' }).filter({ hasText: /\d ms/ }).first().waitFor();
      await page.getByRole('table', { name: 'Routes and methods' }).getByText('GET', { exact: true }).first().waitFor();
      await expectAccessible(page);
      await takePicture(page, `metrics-${theme}`);
    });
  }

  test('what stands still in the address shows the counts that the API gives for it', async (t) => {
    await until('some traffic to be recorded', async () => {
      const now = Math.floor(Date.now() / 1000);
      const { series } = await historyBetween(now - 60, now);
      return series.requests.reduce((sum, value) => sum + value, 0) > 20;
    });
    const to = Math.floor(Date.now() / 1000) - 1;
    const { series } = await historyBetween(to - 300, to);
    const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
    const page = await openPage(t, browser, `${demo.url}metrics-view?from=${to - 300}&to=${to}`);
    await figure(page, 'Requests').filter({ hasText: /\d/ }).waitFor();
    assert.equal(await shown(page, 'Requests'), sum(series.requests));
    assert.equal(await shown(page, 'Upstream errors'), sum(series.upstreamErrors));
    assert.equal(await shown(page, 'Retries'), sum(series.retries));
    await page.getByRole('button', { name: 'Follow now' }).click();
    await page.waitForURL((url) => !url.searchParams.has('from'));
  });

  test('keys pause it, go back in time, and follow again; the address says so', async (t) => {
    const page = await openPage(t, browser, `${demo.url}metrics-view`);
    await figure(page, 'Requests').filter({ hasText: /\d/ }).waitFor();
    await page.keyboard.press('p');
    await page.waitForURL((url) => url.searchParams.has('from') && url.searchParams.has('to'));
    const to = Number(new URL(page.url()).searchParams.get('to'));
    await page.keyboard.press('[');
    await page.waitForURL((url) => Number(url.searchParams.get('to')) < to);
    await page.getByText('Nothing was recorded in this range').or(page.locator('.chart').first()).first().waitFor();
    await page.keyboard.press('p');
    await page.waitForURL((url) => !url.searchParams.has('to'));
  });

  test('a change of state is marked and told in words', async (t) => {
    const page = await openPage(t, browser, `${demo.url}metrics-view?range=5m`);
    // One of the demo's backends fails now and then, and its start is a change of health too.
    await page
      .locator('.happening', { hasText: /→ healthy|→ unhealthy/ })
      .first()
      .waitFor();
  });
});
