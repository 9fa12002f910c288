/** The copilot page: what is wrong is named with its evidence, a question is answered, a recommendation is applied. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test, type TestContext } from 'node:test';
import type { Browser } from 'playwright-core';
import { administer, OPERATOR, type Administered } from '../support/admin-client.ts';
import { need } from '../support/needs.ts';
import { startModel } from '../support/model-server.ts';
import { ask, Origin } from '../support/origin.ts';
import { until } from '../support/until.ts';
import { expectAccessible } from './support/accessibility.ts';
import { openBrowser, openPage } from './support/browser.ts';
import { takePicture } from './support/picture.ts';
import { buildDashboard } from './support/product.ts';

const skip = need('chromium');
const TOLD = /status of 401/;
const REQUESTS = 60;

describe('copilot page', { skip }, () => {
  let browser: Browser;
  before(async () => {
    await buildDashboard();
    browser = await openBrowser();
  });
  after(() => browser.close());

  /** `b` answers every request with an error, and nothing takes it out. */
  async function house(t: TestContext): Promise<Administered & { readonly page: string }> {
    const good = await Origin.start('a');
    const bad = createServer((asked, response) => response.writeHead(asked.url === '/healthz' ? 200 : 500).end());
    await new Promise<void>((resolve) => bad.listen(0, '127.0.0.1', resolve));
    t.after(() => {
      bad.close();
      bad.closeAllConnections();
      return good.stop();
    });
    const administered = await administer(t, {
      backends: [
        { id: 'a', url: good.url },
        { id: 'b', url: `http://127.0.0.1:${(bad.address() as AddressInfo).port}` },
      ],
      pool: { strategy: 'round-robin', circuit: null, retry: null },
      adminSettings: { publicRead: true },
    });
    const stateOf = async (id: string): Promise<string> => {
      const { data } = await administered.operate('GET', '/admin/backends');
      return (data.pools[0].backends as { id: string; state: string }[]).find((one) => one.id === id)?.state ?? '';
    };
    await until(
      'both to be well',
      async () => (await stateOf('a')) === 'healthy' && (await stateOf('b')) === 'healthy',
    );
    for (let sent = 0; sent < REQUESTS; sent++) await ask(administered.port, '/proxy/');
    return { ...administered, page: `http://127.0.0.1:${administered.adminPort}/copilot` };
  }

  test('the failing backend comes first with its evidence, and an operator applies what is recommended', async (t) => {
    const { page: url, operate } = await house(t);
    const page = await openPage(t, browser, url, { allow: TOLD });
    await page.getByText('Provider builtin, no model').waitFor();
    const first = page.getByRole('article').first();
    await first.getByRole('heading', { name: 'b of app fails 100 % of its requests' }).waitFor();
    await first.getByText('critical').waitFor();
    await first.getByText('PATCH /admin/backends/app/b {"state":"maintenance"}').waitFor();
    await first.getByText('An operator can apply it.').waitFor();
    await first.getByText('Evidence', { exact: true }).click();
    await first.getByRole('cell', { name: 'worked out' }).first().waitFor();
    await expectAccessible(page);

    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByLabel('Token').fill(OPERATOR);
    await page.keyboard.press('Enter');
    await first.getByRole('button', { name: 'Review and apply' }).click();
    const dialog = page.getByRole('dialog', { name: 'Apply the recommendation' });
    await dialog.getByText(/pools\.app\.backends\.b\.state: active -> maintenance/).waitFor();
    await expectAccessible(page);
    await takePicture(page, 'copilot-apply-light');
    await dialog.getByRole('button', { name: 'Apply', exact: true }).click();
    await dialog.waitFor({ state: 'detached' });
    const { data } = await operate('GET', '/admin/backends');
    assert.equal(data.pools[0].backends[1].state, 'maintenance');
  });

  test('a question is answered with cited figures; what cannot be answered says so and what can be asked', async (t) => {
    const { page: url } = await house(t);
    const page = await openPage(t, browser, url, { allow: TOLD, theme: 'dark' });
    await page.getByLabel('Question').fill('Where do the errors come from?');
    await page.keyboard.press('Enter');
    const answer = page.getByRole('region', { name: 'Answer to: Where do the errors come from?' });
    await answer.getByRole('heading', { name: /b of app fails/ }).waitFor();
    const cited = answer.locator('.cited').first();
    assert.match((await cited.getAttribute('title')) ?? '', /GET \/|worked out/);
    await expectAccessible(page);
    await takePicture(page, 'copilot-dark');

    await page.getByLabel('Question').fill('sing me a song');
    await page.keyboard.press('Enter');
    const none = page.getByRole('region', { name: 'Answer to: sing me a song' });
    await none.getByText(/cannot answer that/).waitFor();
    await none.getByRole('button', { name: 'What does it cost?' }).click();
    await page.getByRole('region', { name: 'Answer to: What does it cost?' }).getByText(/month/).first().waitFor();
  });

  test('a model answers in its own words; a figure that no tool has given is marked', async (t) => {
    const model = await startModel(t, 'openai-compatible', [
      { calls: [{ name: 'overview', input: {} }] },
      { says: 'There is 1 listener. 4711 requests failed. <b>Bold</b>' },
    ]);
    const { adminPort } = await administer(t, {
      backends: ['http://127.0.0.1:9'],
      adminSettings: { publicRead: true },
      copilot: { provider: 'openai-compatible', model: 'fake', baseUrl: model.url },
    });
    const page = await openPage(t, browser, `http://127.0.0.1:${adminPort}/copilot`, { allow: TOLD });
    await page.getByText('Provider openai-compatible, model fake').waitFor();
    await page.getByLabel('Question').fill('How many listeners?');
    await page.keyboard.press('Enter');
    const answer = page.getByRole('region', { name: 'Answer to: How many listeners?' });
    await answer.getByText('Marked: no tool has given this figure.').waitFor();
    assert.deepEqual(await answer.locator('mark').allTextContents(), ['4711']);
    // Its words are text, whatever stands in them.
    await answer.getByText('<b>Bold</b>').waitFor();
    await expectAccessible(page);
  });
});
