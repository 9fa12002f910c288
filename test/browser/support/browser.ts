/**
 * Chromium under a test's hands: one process for a file, a fresh context for each page. Whatever a page complains about (an
 * error in its console, an exception, a breach of its policy) fails the test that has opened it.
 */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { whereIs } from '../../support/needs.ts';

/** Nothing that reaches out, asks, or updates itself. */
const FLAGS = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
/** What a server that has ended brings about, and nothing else does: a test may end it before its page. */
const GONE = /net::ERR_(CONNECTION_REFUSED|CONNECTION_RESET|INCOMPLETE_CHUNKED_ENCODING|EMPTY_RESPONSE)/;
/** A loaded machine may take seconds where an idle one takes none. */
const WAIT_MAX_MS = 20_000;

/** For `before`: call `close` in `after`. */
export async function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: whereIs('chromium') ?? 'chromium',
    headless: true,
    chromiumSandbox: process.getuid?.() !== 0,
    args: FLAGS,
  });
}

export interface PageOptions {
  readonly theme?: 'light' | 'dark';
  /** Pixels. */
  readonly width?: number;
  readonly height?: number;
  /** Complaints that the test is about. */
  readonly allow?: RegExp;
}

/** A page of its own, cookies and all, open at `url`; gone when the test is over. */
export async function openPage(
  t: Pick<TestContext, 'after'>,
  browser: Browser,
  url: string,
  options: PageOptions = {},
): Promise<Page> {
  const { theme = 'light', width = 1280, height = 800, allow } = options;
  const settings: BrowserContextOptions = { colorScheme: theme, viewport: { width, height }, reducedMotion: 'reduce' };
  const context = await browser.newContext(settings);
  context.setDefaultTimeout(WAIT_MAX_MS);
  const complaints: string[] = [];
  const page = await context.newPage();
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`${message.text()} (${message.location().url})`);
  });
  page.on('pageerror', (error) => complaints.push(error.stack ?? error.message));
  await page.addInitScript(
    `addEventListener('securitypolicyviolation', (event) =>
       console.error('policy: ' + event.violatedDirective + ' ' + event.blockedURI + ' ' + event.sample));`,
  );
  t.after(async () => {
    await context.close();
    assert.deepEqual(
      complaints.filter((complaint) => !GONE.test(complaint) && allow?.test(complaint) !== true),
      [],
    );
  });
  await page.goto(url);
  return page;
}
