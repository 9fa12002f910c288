/** Signing in and out, by token and by link, and what a connection that is lost looks like; the page of the API. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { administer, callAdmin, OPERATOR } from '../support/admin-client.ts';
import { load } from '../support/browser.ts';
import { need } from '../support/needs.ts';
import { supervise } from '../support/supervised.ts';
import { expectAccessible } from './support/accessibility.ts';
import { openBrowser, openPage } from './support/browser.ts';
import { takePicture } from './support/picture.ts';
import { buildDashboard } from './support/product.ts';

const skip = need('chromium');
/** A browser's own line about an answer that says "not you". */
const REFUSED = /status of 401/;

describe('sign-in', { skip }, () => {
  let browser: Browser;
  before(async () => {
    await buildDashboard();
    browser = await openBrowser();
  });
  after(() => browser.close());

  test('where nothing is public, nothing is shown before somebody signs in; a wrong token is told', async (t) => {
    const { adminPort } = await administer(t);
    const page = await openPage(t, browser, `http://127.0.0.1:${adminPort}/cost`, { allow: REFUSED });
    const token = page.getByLabel('Token');
    await token.waitFor();
    assert.equal(await page.getByRole('navigation').count(), 0);
    await expectAccessible(page);
    await takePicture(page, 'sign-in-light');

    await token.fill('eb_wrong');
    await page.keyboard.press('Enter');
    await page.getByText('This token is wrong, was revoked, or has expired.').waitFor();
    assert.equal(await token.inputValue(), '');

    await token.fill(OPERATOR);
    await page.keyboard.press('Enter');
    // The page that was asked for.
    await page.getByRole('heading', { level: 1, name: 'Cost' }).waitFor();
    await page.getByText('(operator)').waitFor();
    await page.reload();
    await page.getByText('(operator)').waitFor();

    await page.getByRole('button', { name: 'Sign out' }).click();
    await token.waitFor();
    assert.equal((await page.context().cookies()).length, 0);
  });

  test('a link signs in, once, and leaves no trace in the address', async (t) => {
    const told: { code: string }[] = [];
    const { supervisor } = await supervise(
      t,
      { backends: ['http://127.0.0.1:9'], admin: '127.0.0.1:0', adminSettings: { publicRead: false } },
      { announce: ({ code }) => void told.push({ code }) },
    );
    const [{ code } = { code: '' }] = told;
    const url = `http://127.0.0.1:${supervisor.adminPort}/`;
    const page = await openPage(t, browser, `${url}#sign-in=${code}`);
    await page.getByText('first (operator)').waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    assert.equal(page.url(), url);
    const again = await callAdmin(supervisor.adminPort, 'POST', '/admin/session', { body: { code } });
    assert.equal(again.status, 401);

    const other = await openPage(t, browser, `${url}#sign-in=${code}`, { allow: REFUSED });
    await other.getByText('This link was used already, or has expired.').waitFor();
  });

  test('figures of a server that is gone are shown as old, and live again when it is back', async (t) => {
    const { supervisor, port } = await supervise(t, { backends: ['http://127.0.0.1:9'] });
    const page = await openPage(t, browser, `http://127.0.0.1:${port}/`);
    await page.getByText('Live', { exact: true }).waitFor();
    await supervisor.stop();
    await page.getByText(/^Lost since .*, trying again/).waitFor();
    await takePicture(page, 'lost-light');
    await expectAccessible(page);
    await supervise(t, { backends: ['http://127.0.0.1:9'], port });
    await page.getByText('Live', { exact: true }).waitFor();
  });
});

test('the page of the API shows the calls, and loads nothing from elsewhere', { skip }, async (t) => {
  const { adminPort } = await administer(t, { adminSettings: { publicRead: true } });
  const { html, said } = await load(t, `http://127.0.0.1:${adminPort}/admin/docs`);
  const text = html.replace(/<(script|style)[^>]*>[^]*?<\/\1>/g, '').replace(/<[^>]*>/g, '|');
  assert.match(text, /EdgeBalancer admin API/);
  // Groups open as a reader comes to them; the first one is open.
  assert.match(text, /get\|+\/admin\/overview/);
  assert.match(text, /Open Group - Tokens/);
  assert.doesNotMatch(said, /Refused to|Content Security Policy|Uncaught/, said);
});
