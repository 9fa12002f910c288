import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import type { Page } from 'playwright-core';
import { openBrowser, openPage } from '../test/browser/support/browser.ts';
import { buildDashboard } from '../test/browser/support/product.ts';
import { administer, OPERATOR } from '../test/support/admin-client.ts';

/**
 * Does the page of a thousand backends stay smooth while live figures arrive? Chromium shows the page Control plane; each part
 * lasts some seconds, and the time from each frame to the next is taken on the page itself. The goal is no frame over 50 ms.
 * Everything runs on one machine, so a busy one shows here first: `longest task` is what the page itself kept its thread for.
 */

const FRAME_MAX_MS = 50;
const { values: flags } = parseArgs({
  options: {
    backends: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '8' },
    rate: { type: 'string', default: '300' },
  },
});
const [backends, seconds, perSecond] = [flags.backends, flags.seconds, flags.rate].map(Number) as [
  number,
  number,
  number,
];

interface Frames {
  readonly deltas: readonly number[];
  readonly tasks: readonly number[];
}

/** In the page: begins to note frames and long tasks; `stop` gives them. */
const WATCH = `
  const frames = (globalThis.frames_ = { deltas: [], tasks: [], on: true });
  let last = performance.now();
  const step = (now) => {
    frames.deltas.push(now - last);
    last = now;
    if (frames.on) requestAnimationFrame(step);
  };
  requestAnimationFrame((now) => { last = now; requestAnimationFrame(step); });
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) frames.tasks.push(duration);
  }).observe({ type: 'longtask' });
`;

const SCROLLER = '.table-long';
const PARTS: Readonly<Record<string, (page: Page) => Promise<void>>> = {
  'at rest': async () => {},
  scrolling: async (page) =>
    page.evaluate(`(() => {
      const element = document.querySelector('${SCROLLER}');
      const frames = frames_;
      let way = 1;
      const step = () => {
        element.scrollTop += 120 * way;
        if (element.scrollTop + element.clientHeight >= element.scrollHeight || element.scrollTop <= 0) way = -way;
        if (frames.on) requestAnimationFrame(step);
      };
      requestAnimationFrame(step);
    })()`),
  'searching and sorting': async (page) => {
    for (const head of ['Req/s', 'p99', 'State', 'Backend'])
      await page.getByRole('button', { name: head, exact: true }).click();
    await page.keyboard.press('/');
    await page.keyboard.type('b99', { delay: 120 });
    await page.keyboard.press('Escape');
  },
  'all ticked, details open': async (page) => {
    await page.locator('tr[data-key]').nth(2).focus();
    await page.keyboard.press('X');
    await page.keyboard.press('Enter');
  },
};

async function measure(page: Page, begin: (page: Page) => Promise<void>): Promise<Frames> {
  await page.evaluate(WATCH);
  await begin(page);
  await page.waitForTimeout(seconds * 1000);
  return page.evaluate('frames_.on = false, { deltas: frames_.deltas, tasks: frames_.tasks }');
}

function line(name: string, { deltas, tasks }: Frames): string {
  const sorted = deltas.toSorted((a, b) => a - b);
  const p99 = sorted[Math.floor(sorted.length * 0.99)] ?? 0;
  const over = deltas.filter((delta) => delta > FRAME_MAX_MS).length;
  const figures = [
    deltas.length,
    p99.toFixed(1),
    (sorted.at(-1) ?? 0).toFixed(1),
    over,
    Math.max(0, ...tasks).toFixed(0),
  ];
  return `${name.padEnd(26)}${figures.map((figure) => String(figure).padStart(14)).join('')}`;
}

const ends: (() => unknown)[] = [];
const context = { after: (end?: unknown) => void (typeof end === 'function' && ends.unshift(end as () => unknown)) };

const origin = http.createServer((_, answer) => answer.end('ok')).listen(0, '127.0.0.1');
await new Promise((resolve) => origin.once('listening', resolve));
context.after(() => origin.close().closeAllConnections());
const { port: originPort } = origin.address() as AddressInfo;
await buildDashboard();
const { port, adminPort } = await administer(context, {
  backends: Array.from({ length: backends }, (_, at) => ({ id: `b${at}`, url: `http://127.0.0.1:${originPort}` })),
  health: { path: '/healthz', interval: '5s' },
  adminSettings: { publicRead: true },
});

const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
const load = setInterval(() => {
  for (let n = 0; n < perSecond / 50; n += 1)
    http.get({ host: '127.0.0.1', port, path: '/proxy/', agent }, (answer) => answer.resume()).on('error', () => {});
}, 20);
context.after(() => {
  clearInterval(load);
  agent.destroy();
});

const browser = await openBrowser();
context.after(() => browser.close());
const page = await openPage(context, browser, `http://127.0.0.1:${adminPort}/control-plane`, {
  width: 1440,
  height: 900,
});
await page.getByRole('button', { name: 'Sign in' }).click();
await page.getByLabel('Token').fill(OPERATOR);
await page.keyboard.press('Enter');
await page.getByRole('button', { name: 'Add a backend to app' }).waitFor();
await page.getByText(/^All .* backends serve\.$/).waitFor();
await page.waitForTimeout(5000);
console.log(`${backends} backends, ${perSecond} requests a second, ${seconds} s a part; milliseconds\n`);
console.log(
  `${' '.repeat(26)}${['frames', 'p99', 'longest', 'over 50', 'longest task'].map((name) => name.padStart(14)).join('')}`,
);
for (const [name, begin] of Object.entries(PARTS)) console.log(line(name, await measure(page, begin)));
if (process.env['PICTURE'] !== undefined) await page.screenshot({ path: process.env['PICTURE'] });
for (const end of ends) await end();
