/** The dashboard in a real browser: it fills itself, obeys its policy, and can be used without a pointer. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { PAGES } from '#contract/pages.ts';
import { need } from '../support/needs.ts';
import { expectAccessible } from './support/accessibility.ts';
import { openBrowser, openPage } from './support/browser.ts';
import { takePicture } from './support/picture.ts';
import { startDemo, type Demo } from './support/product.ts';

const skip = need('chromium');

describe('dashboard', { skip }, () => {
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

  /** The figure with this name, as it is shown. */
  const figure = (page: Page, name: string) =>
    page.locator('.stat', { has: page.locator('dt', { hasText: new RegExp(`^${name}$`) }) }).locator('.stat-value');

  for (const theme of ['light', 'dark'] as const) {
    test(`the overview fills itself and breaks no rule, ${theme}`, async (t) => {
      const page = await openPage(t, browser, demo.url, { theme });
      await page.getByText('Live', { exact: true }).waitFor();
      await figure(page, 'Requests per second').filter({ hasText: /\d/ }).waitFor();
      await figure(page, 'p99').filter({ hasText: /\d/ }).waitFor();
      await figure(page, 'Success').filter({ hasText: /%/ }).waitFor();
      assert.equal(await figure(page, 'Strategy').innerText(), 'adaptive');
      assert.equal(await figure(page, 'Proxy endpoint').innerText(), `127.0.0.1:${demo.port}`);
      await figure(page, 'Estimated cost').filter({ hasText: '$' }).waitFor();
      await expectAccessible(page);
      await takePicture(page, `overview-${theme}`);
    });
  }

  test('every page has an address of its own, a title, and no violation', async (t) => {
    const page = await openPage(t, browser, `${demo.url}?range=1h`);
    for (const { path, title } of PAGES) {
      await page.goto(`${demo.url}${path}`);
      await page.getByRole('heading', { level: 1, name: title }).waitFor();
      assert.equal(await page.title(), `${title} · EdgeBalancer`);
      await expectAccessible(page);
    }
  });

  test('on a narrow screen nothing is wider than the screen', async (t) => {
    const page = await openPage(t, browser, demo.url, { width: 360, height: 740 });
    await page.getByText('Live', { exact: true }).waitFor();
    const wide = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
    assert.equal(wide, 0);
    await expectAccessible(page);
    await takePicture(page, 'overview-narrow');
  });

  test('the keyboard goes everywhere: skip link, keys of pages, the list of keys', async (t) => {
    const page = await openPage(t, browser, demo.url);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate('document.activeElement.textContent.trim()'), 'Skip to the page');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate('document.activeElement.id'), 'main');

    await page.keyboard.press('g');
    await page.keyboard.press('c');
    await page.getByRole('heading', { level: 1, name: 'Control plane' }).waitFor();
    await page.waitForURL((url) => url.pathname === '/control-plane');
    assert.equal(await page.evaluate('document.activeElement.id'), 'main');
    await page.goBack();
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();

    await page.keyboard.press('?');
    const list = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
    await list.waitFor();
    await expectAccessible(page);
    await page.keyboard.press('Escape');
    await list.waitFor({ state: 'hidden' });
  });

  test('a theme that was chosen stays', async (t) => {
    const page = await openPage(t, browser, demo.url, { theme: 'light' });
    const shown = () => page.evaluate('getComputedStyle(document.documentElement).colorScheme');
    await page.getByRole('button', { name: 'Theme: system' }).click();
    await page.getByRole('button', { name: 'Theme: light' }).click();
    assert.equal(await shown(), 'dark');
    await page.reload();
    await page.getByRole('button', { name: 'Theme: dark' }).waitFor();
    assert.equal(await shown(), 'dark');
  });

  test('a page that does not exist says so, and the way back', async (t) => {
    const page = await openPage(t, browser, demo.url);
    await page.evaluate(`history.pushState(null, '', 'nowhere'); dispatchEvent(new PopStateEvent('popstate'))`);
    await page.getByText('There is no such page').waitFor();
    await page.getByRole('link', { name: 'To the overview' }).click();
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
  });
});
