/** Signing in on the status page, and the page of the API, in a real browser under their strict policies. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { administer, callAdmin } from '../support/admin-client.ts';
import { load } from '../support/browser.ts';
import { need } from '../support/needs.ts';
import { supervise } from '../support/supervised.ts';

const textOf = (html: string): string => html.replace(/<(script|style)[^>]*>[^]*?<\/\1>/g, '').replace(/<[^>]*>/g, '|');
const REFUSED = /Refused to|Content Security Policy|Uncaught/;

describe('sign-in', () => {
  test('without a token, the page has a form and no figures', { skip: need('chromium') }, async (t) => {
    const { adminPort } = await administer(t);
    const { html, said } = await load(t, `http://127.0.0.1:${adminPort}/`);
    assert.match(html, /<main id="sign-in-page">/);
    assert.match(html, /<main id="figures" hidden/);
    assert.match(textOf(html), /not signed in/);
    assert.doesNotMatch(said, REFUSED);
  });

  test('a link signs in, once', { skip: need('chromium') }, async (t) => {
    const told: { code: string }[] = [];
    const { supervisor } = await supervise(
      t,
      { backends: ['http://127.0.0.1:9'], admin: '127.0.0.1:0', adminSettings: { publicRead: false } },
      { announce: ({ code }) => void told.push({ code }) },
    );
    const [{ code } = { code: '' }] = told;
    const { html, said } = await load(t, `http://127.0.0.1:${supervisor.adminPort}/#sign-in=${code}`);
    assert.match(textOf(html), /\|live\|.*first \(operator\).*Sign out/s);
    assert.doesNotMatch(said, REFUSED);
    const again = await callAdmin(supervisor.adminPort, 'POST', '/admin/session', { body: { code } });
    assert.equal(again.status, 401);
    const used = await load(t, `http://127.0.0.1:${supervisor.adminPort}/#sign-in=${code}`);
    assert.match(textOf(used.html), /This link was used already, or has expired/);
  });
});

test('the page of the API shows the calls, and loads nothing from elsewhere', { skip: need('chromium') }, async (t) => {
  const { adminPort } = await administer(t, { adminSettings: { publicRead: true } });
  const { html, said } = await load(t, `http://127.0.0.1:${adminPort}/admin/docs`);
  assert.match(textOf(html), /EdgeBalancer admin API/);
  // Groups open as a reader comes to them; the first one is open.
  assert.match(textOf(html), /get\|+\/admin\/overview/);
  assert.match(textOf(html), /Open Group - Tokens/);
  assert.doesNotMatch(said, REFUSED, said);
});
