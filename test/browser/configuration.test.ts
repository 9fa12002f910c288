/** The Configuration page in a real browser: edit, check, apply, undo; what is wrong is marked where it is. */
import assert from 'node:assert/strict';
import { after, before, describe, test, type TestContext } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { stringify } from 'yaml';
import { administer, OPERATOR, VIEWER, type Administered } from '../support/admin-client.ts';
import { need } from '../support/needs.ts';
import { expectAccessible } from './support/accessibility.ts';
import { openBrowser, openPage } from './support/browser.ts';
import { takePicture } from './support/picture.ts';
import { buildDashboard } from './support/product.ts';

const skip = need('chromium');
/** What a browser writes of an answer that refuses. */
const REFUSED = /status of (400|401|412)/;

/** Of the page, where a function below runs. */
declare class DataTransfer {
  setData(type: string, text: string): void;
}
declare class ClipboardEvent extends Event {
  constructor(
    type: string,
    init: { readonly clipboardData: DataTransfer; readonly bubbles: boolean; readonly cancelable: boolean },
  );
}

/** What a browser does when text is pasted. */
function paste(element: EventTarget, text: string): void {
  const clipboardData = new DataTransfer();
  clipboardData.setData('text/plain', text);
  element.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
}

describe('configuration page', { skip }, () => {
  let browser: Browser;
  before(async () => {
    await buildDashboard();
    browser = await openBrowser();
  });
  after(() => browser.close());

  async function opened(t: TestContext, token: string, theme: 'light' | 'dark' = 'light') {
    const api = await administer(t, { backends: [{ id: 'a', url: 'http://127.0.0.1:9' }] });
    // As an operator would write it; the fixture's own is one line of JSON.
    const { text } = await api.operate('GET', '/admin/config', { headers: { accept: 'application/yaml' } });
    const written = await api.operate('PUT', '/admin/config', {
      headers: { 'content-type': 'application/yaml' },
      body: stringify(JSON.parse(text)),
    });
    assert.equal(written.status, 200);
    const page = await openPage(t, browser, `http://127.0.0.1:${api.adminPort}/configuration`, {
      allow: REFUSED,
      theme,
      height: 1000,
    });
    await page.getByLabel('Token').fill(token);
    await page.keyboard.press('Enter');
    await editor(page).waitFor();
    return { api, page };
  }

  const editor = (page: Page) => page.getByRole('textbox', { name: 'Configuration as YAML' });
  const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name, exact: true });
  const weightOf = async ({ operate }: Administered) =>
    (await operate('GET', '/admin/backends')).data.pools[0].backends[0].weight as number;

  /** Replaces the text as a whole, as if it were pasted. */
  async function write(page: Page, change: (text: string) => string, api: Administered): Promise<void> {
    const { text } = await api.operate('GET', '/admin/config', { headers: { accept: 'application/yaml' } });
    await editor(page).click();
    await page.keyboard.press('Control+A');
    await editor(page).evaluate(paste, change(text));
  }
  const weighted = (weight: number | string) => (text: string) =>
    text.replace(/id: a\b/, `id: a\n        weight: ${weight}`);

  test('a change is checked, applied, listed as a revision, and undone', async (t) => {
    const { api, page } = await opened(t, OPERATOR);
    await expectAccessible(page);
    await write(page, weighted(7), api);
    await button(page, 'Check').click();
    await page
      .getByText(/pools\.app\.backends\.a\.weight: .*7/)
      .first()
      .waitFor();
    await expectAccessible(page);
    await takePicture(page, 'configuration-light');
    await button(page, 'Apply…').click();
    await page
      .getByRole('dialog')
      .getByText(/weight: .*7/)
      .waitFor();
    await button(page, 'Apply').click();
    await page.getByText(/Revision \d+ is in force\.$/).waitFor();
    assert.equal(await weightOf(api), 7);

    await page.getByRole('tab', { name: 'Revisions' }).click();
    const rows = page.getByRole('table', { name: 'Revisions of the configuration' }).locator('tbody tr');
    await rows.filter({ hasText: 'in force' }).waitFor();
    await rows.last().click();
    await button(page, 'Go back to it…').click();
    await button(page, 'Go back').click();
    await page.getByText(/is in force again\.$/).waitFor();
    assert.equal(await weightOf(api), 1);
    await expectAccessible(page);
    await page.getByRole('tab', { name: 'Audit' }).click();
    await page.getByText('config.rollback').first().waitFor();
    await expectAccessible(page);
  });

  test('what is wrong is told and marked at its line, the draft stays, also over a reload', async (t) => {
    const { api, page } = await opened(t, OPERATOR, 'dark');
    await write(page, weighted('heavy'), api);
    await page.keyboard.press('Control+s');
    await page
      .getByRole('alert')
      .getByText(/weight/)
      .first()
      .waitFor();
    const marked = page.locator('.cm-lintRange-error');
    await marked.first().waitFor();
    assert.match(await marked.first().innerText(), /weight: heavy/);
    await takePicture(page, 'configuration-dark');
    await page.reload();
    await editor(page).filter({ hasText: 'weight: heavy' }).waitFor();
    assert.equal(await weightOf(api), 1);
    await button(page, 'Discard the draft').click();
    await editor(page).filter({ hasNotText: 'weight: heavy' }).waitFor();
  });

  test('somebody else was first: nothing is overwritten, the draft stays, and can be compared with theirs', async (t) => {
    const { api, page } = await opened(t, OPERATOR);
    await write(page, (text) => `# mine\n${text}`, api);
    await page.getByRole('region', { name: 'Lines of the draft that differ' }).getByText('# mine').waitFor();
    await api.operate('PATCH', '/admin/backends/app/a', { body: { weight: 3 } });
    await button(page, 'Check').click();
    await page.getByText('Somebody else was first').waitFor();
    await button(page, 'Compare with theirs, keep the draft').click();
    await page
      .getByRole('region', { name: 'Lines of the draft that differ' })
      .getByText(/weight: 3/)
      .waitFor();
    await editor(page).filter({ hasText: '# mine' }).waitFor();
    assert.equal(await weightOf(api), 3);
  });

  test('keys are completed from the schema', async (t) => {
    const { api, page } = await opened(t, OPERATOR);
    await write(page, (text) => `${text.trimEnd()}\noverl`, api);
    await page.keyboard.press('Control+Space');
    await page.locator('.cm-tooltip-autocomplete').getByText('overload').waitFor();
  });

  test('a viewer reads it and changes nothing', async (t) => {
    const { page } = await opened(t, VIEWER);
    await page.getByText('Document (read only)').waitFor();
    assert.equal(await button(page, 'Apply…').count(), 0);
    assert.equal(await editor(page).getAttribute('contenteditable'), 'false');
  });
});
