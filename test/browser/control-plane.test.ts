/** The page of pools and backends: what is wrong is told with its reason, and can be changed by those who may. */
import assert from 'node:assert/strict';
import { after, before, describe, test, type TestContext } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { administer, OPERATOR, VIEWER, type Administered } from '../support/admin-client.ts';
import { need } from '../support/needs.ts';
import { Origin } from '../support/origin.ts';
import { until } from '../support/until.ts';
import { expectAccessible } from './support/accessibility.ts';
import { openBrowser, openPage } from './support/browser.ts';
import { takePicture } from './support/picture.ts';
import { buildDashboard } from './support/product.ts';

const skip = need('chromium');
/** A browser's own line about an answer that the page tells in its own words. */
const TOLD = /status of (401|404|409|412)/;

describe('control plane page', { skip }, () => {
  let browser: Browser;
  before(async () => {
    await buildDashboard();
    browser = await openBrowser();
  });
  after(() => browser.close());

  interface House extends Administered {
    readonly origins: readonly Origin[];
    readonly open: (theme?: 'light' | 'dark', query?: string) => Promise<Page>;
    readonly stateOf: (id: string) => Promise<string>;
  }

  /** Two backends, `a` and `b`, probed often. Anybody may look. */
  async function house(t: TestContext): Promise<House> {
    const origins = [await Origin.start('a'), await Origin.start('b')];
    t.after(() => Promise.all(origins.map((origin) => origin.stop())));
    const administered = await administer(t, {
      backends: origins.map(({ id, url }) => ({ id, url })),
      health: { path: '/healthz', interval: '200ms', timeout: '150ms', unhealthyAfter: 2, healthyAfter: 2 },
      adminSettings: { publicRead: true },
    });
    const url = `http://127.0.0.1:${administered.adminPort}/control-plane`;
    const stateOf = async (id: string): Promise<string> => {
      const { data } = await administered.operate('GET', '/admin/backends');
      const list = data.pools[0].backends as readonly { id: string; state: string }[];
      return list.find((one) => one.id === id)?.state ?? 'gone';
    };
    const open: House['open'] = async (theme = 'light', query = '') => {
      const page = await openPage(t, browser, url + query, { theme, allow: TOLD });
      await row(page, 'a').waitFor();
      return page;
    };
    await until(
      'both to be well',
      async () => (await stateOf('a')) === 'healthy' && (await stateOf('b')) === 'healthy',
    );
    return { ...administered, origins, open, stateOf };
  }

  const row = (page: Page, id: string) => page.locator(`tr[data-key="app/${id}"]`);

  async function signIn(page: Page, token: string): Promise<void> {
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByLabel('Token').fill(token);
    await page.keyboard.press('Enter');
    // Whoever looks is given what they may see anew: what they may do comes with it.
    if (token === OPERATOR) await page.getByRole('button', { name: 'Drain app/a' }).first().waitFor();
    else await page.getByText('You are signed in as a viewer').waitFor();
    await row(page, 'a').waitFor();
  }

  test('who may look sees no way to change; an operator drains by keys, with the effect shown, and undoes it', async (t) => {
    const { open, stateOf } = await house(t);
    const page = await open();
    await page.getByText('All 2 backends serve.').waitFor();
    await page.getByText('To drain, weigh, add or switch, sign in as an operator.').waitFor();
    assert.equal(await page.getByRole('button', { name: /drain|strategy|add a/i }).count(), 0);
    await row(page, 'a').focus();
    await page.keyboard.press('d');
    assert.equal(await page.getByRole('dialog').count(), 0);

    await signIn(page, OPERATOR);
    await page.keyboard.press('/');
    await page.keyboard.type('app/b');
    await row(page, 'a').waitFor({ state: 'detached' });
    await page.keyboard.press('Enter');
    await page.keyboard.press('d');
    const dialog = page.getByRole('dialog', { name: 'Drain: app/b' });
    await dialog.getByText('app: 1 of 2 backends would serve, 2 do now.').waitFor();
    await dialog.getByText(/pools\.app\.backends\.b\.state: active -> draining/).waitFor();
    await dialog.getByText('No prediction. Too little has been measured of app in the past five minutes.').waitFor();
    assert.equal(await stateOf('b'), 'healthy', 'asking changes nothing');
    await expectAccessible(page);
    await takePicture(page, 'control-plane-drain-light');
    await dialog.getByRole('button', { name: 'Drain' }).click();
    await row(page, 'b').getByText('draining').waitFor();
    assert.equal(await stateOf('b'), 'draining');
    await page.getByText('1 of 2 backends serve; one is out because an operator said so.').waitFor();

    await page.getByRole('button', { name: 'Undo' }).click();
    await page
      .getByRole('dialog')
      .getByText(/draining -> active/)
      .waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Undo' }).click();
    await row(page, 'b').getByText('healthy').waitFor();
    assert.equal(await stateOf('b'), 'healthy');
  });

  test('a backend that fails turns red with its reason, has an address and a history, and recovers', async (t) => {
    const { open, origins } = await house(t);
    const page = await open('dark');
    const trouble = page.getByRole('region', { name: 'Needs attention' });
    const [failing] = origins as [Origin];
    failing.healthStatus = 503;
    await trouble.getByText(/^Its probes .*fail.*status 503, expected 200-399\. It gets no requests\.$/).waitFor();
    await row(page, 'a').locator('.state-badge-bad', { hasText: 'unhealthy' }).waitFor();
    await trouble.getByRole('button', { name: 'app/a' }).click();
    const details = page.getByRole('complementary', { name: 'Backend app/a' });
    await details.getByText(/^Its probes .*fail/).waitFor();
    await details
      .getByRole('listitem')
      .filter({ hasText: 'unhealthy' })
      .getByText(/status 503/)
      .waitFor();
    await page.waitForURL((url) => url.searchParams.get('backend') === 'app/a');
    assert.equal(await page.evaluate('document.activeElement.textContent'), 'app/a');
    await expectAccessible(page);
    await takePicture(page, 'control-plane-dark');

    failing.healthStatus = 200;
    await row(page, 'a').locator('.state-badge-ok', { hasText: 'healthy' }).waitFor();
    await trouble.getByText('All 2 backends serve.').waitFor();
    await page.keyboard.press('Escape');
    await details.waitFor({ state: 'detached' });
  });

  test('a strategy is switched by its own parameters; whoever was not first is told, and tries again', async (t) => {
    const { open, operate, port } = await house(t);
    const page = await open();
    await signIn(page, OPERATOR);
    await Promise.all(
      Array.from({ length: 120 }, async () => (await fetch(`http://127.0.0.1:${port}/proxy/`)).arrayBuffer()),
    );
    const simulate = () => operate('POST', '/admin/simulate', { body: { pool: 'app' } });
    await until('the traffic to be in the history', async () => (await simulate()).status === 200);
    await page.getByRole('button', { name: 'Change the strategy of app' }).click();
    const dialog = page.getByRole('dialog', { name: 'Strategy of app' });
    await dialog.getByText('This is in force now.').waitFor();
    await dialog.getByLabel('Strategy').selectOption('peak-ewma');
    const decay = dialog.getByLabel('decayMs');
    assert.equal(await decay.inputValue(), '10000');
    const button = dialog.getByRole('button', { name: 'Switch to peak-ewma' });
    await decay.fill('5');
    await dialog.getByText('Expected from 100 to 600000.').waitFor();
    assert.equal(await button.isDisabled(), true);
    await decay.fill('5000');
    await dialog.getByText(/round-robin -> peak-ewma/).waitFor();
    // The simulator's own answer: a figure now, one then, and what it knows of the difference.
    await dialog.getByRole('row', { name: /^p99 [\d.]+ m?s [\d.]+ m?s (none to be seen|[+−])/ }).waitFor();
    await expectAccessible(page);
    await takePicture(page, 'control-plane-strategy-light');

    assert.equal((await operate('PATCH', '/admin/backends/app/a', { body: { weight: 3 } })).status, 200);
    await button.click();
    await dialog.getByText('Somebody else has changed it meanwhile.').waitFor();
    const { data: before } = await operate('GET', '/admin/strategy');
    assert.equal(before.pools.app.name, 'round-robin');
    await dialog.getByText(/round-robin -> peak-ewma/).waitFor();
    await button.click();
    await dialog.waitFor({ state: 'detached' });
    const { data: now } = await operate('GET', '/admin/strategy');
    assert.deepEqual([now.pools.app.name, now.pools.app.params], ['peak-ewma', { decayMs: 5000 }]);
    await page.getByRole('listitem').getByText('picks by peak-ewma').waitFor();
  });

  test('several are ticked by keys; that none would be left is said before it is done', async (t) => {
    const { open, stateOf } = await house(t);
    const page = await open();
    await signIn(page, OPERATOR);
    await row(page, 'a').focus();
    await page.keyboard.press('x');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('x');
    await page.getByRole('toolbar', { name: 'Selected backends' }).getByText('2 selected').waitFor();
    await page.keyboard.press('m');
    const dialog = page.getByRole('dialog', { name: 'Maintenance: app/a, app/b' });
    await dialog.getByText('None of app would be left to serve: its requests would be answered with 503.').waitFor();
    await dialog.getByText(/backends\.b\.state: active -> maintenance/).waitFor();
    await dialog.getByRole('button', { name: 'Put in maintenance' }).click();
    await row(page, 'a').getByText('maintenance').waitFor();
    await row(page, 'b').getByText('maintenance').waitFor();
    assert.deepEqual([await stateOf('a'), await stateOf('b')], ['maintenance', 'maintenance']);
    await expectAccessible(page);
  });

  test('a viewer looks; what the simulator predicts is shown to an operator', async (t) => {
    const { open } = await house(t);
    const watching = await open('light', '?backend=app%2Fb');
    await signIn(watching, VIEWER);
    await watching.getByText('You are signed in as a viewer: changes are for operators.').waitFor();
    await watching.getByRole('complementary', { name: 'Backend app/b' }).waitFor();
    assert.equal(await watching.getByRole('button', { name: /drain|maintenance|weight|strategy|add a/i }).count(), 0);
    await expectAccessible(watching);

    const page = await open();
    await signIn(page, OPERATOR);
    const asked: unknown[] = [];
    await page.route('**/admin/simulate', async (route) => {
      asked.push(route.request().postDataJSON());
      await route.fulfill({ json: prediction() });
    });
    await row(page, 'b').getByRole('button', { name: 'More for app/b' }).click();
    await page.getByRole('menuitem', { name: 'Weight…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Weight: app/b' });
    await dialog.getByLabel('Weight').fill('0');
    const load = dialog.getByRole('region', { name: 'Predicted load of app' });
    await load.getByRole('row', { name: /p99 10\.0 ms 20\.0 ms \+8\.00 ms to \+12\.0 ms/ }).waitFor();
    await load.getByRole('row', { name: /Errors 1\.0 % 1\.0 % none to be seen/ }).waitFor();
    assert.deepEqual(asked.at(-1), { pool: 'app', changes: [{ kind: 'weight', backend: 'b', weight: 0 }] });
    await expectAccessible(page);
    await takePicture(page, 'control-plane-weight-light');
  });
});

/** As `POST /admin/simulate` answers: p99 doubles, errors stay. */
function prediction(): object {
  const sure = (mean: number, by = 0) => ({ mean, low: mean - by, high: mean + by });
  const figures = (p99: number) => ({ p50Ms: sure(2), p99Ms: sure(p99), errors: sure(0.01), imbalance: sure(1) });
  const difference = { p50Ms: sure(0, 1), p99Ms: sure(10, 2), errors: sure(0, 0.1), imbalance: sure(1, 0.1) };
  return {
    pool: 'app',
    now: { ...figures(10), warnings: [] },
    then: { ...figures(20), warnings: ['One backend does all the work.'], difference },
    alternatives: [],
    basis: { from: ['Rates: the past hour.'], limits: ['It does not know your clients.'] },
    method: { says: 'Means of 5 seeds.' },
  };
}
