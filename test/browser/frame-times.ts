/**
 * `node test/browser/frame-times.ts [BACKENDS]`: how long frames take on the control plane page with many backends, while figures
 * come each second and the table is scrolled, and on the metrics page with a day of history while it is zoomed. Run by hand: a
 * busy machine makes frames long by itself.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { administer } from '../support/admin-client.ts';
import { callAdmin } from '../support/admin-client.ts';
import { openBrowser } from './support/browser.ts';
import { buildDashboard } from './support/product.ts';

const BACKENDS = Number(process.argv[2] ?? 1000);
const WATCH_MS = 8_000;
const LONG_MS = 50;

/** Runs in the page: time between frames, and tasks that held it for over 50 ms, while `act` goes on. */
const WATCH = `(async () => {
  const gaps = []; const tasks = [];
  new PerformanceObserver((list) => { for (const { duration } of list.getEntries()) tasks.push(duration); }).observe({ type: 'longtask' });
  const until = performance.now() + ${WATCH_MS};
  let last = performance.now();
  await new Promise((resolve) => {
    const frame = (now) => {
      gaps.push(now - last); last = now;
      const scroller = document.querySelector('.table-long');
      if (scroller) scroller.scrollTop = (scroller.scrollTop + 97) % (scroller.scrollHeight - scroller.clientHeight);
      else scrollBy(0, 40);
      if (now < until) requestAnimationFrame(frame); else resolve();
    };
    requestAnimationFrame(frame);
  });
  gaps.sort((a, b) => a - b);
  return { frames: gaps.length, p50: gaps[gaps.length >> 1], p99: gaps[Math.floor(gaps.length * 0.99)], longest: gaps.at(-1),
    over: gaps.filter((gap) => gap > ${LONG_MS}).length, tasks: tasks.length, longestTask: Math.max(0, ...tasks) };
})()`;

const ends: (() => unknown)[] = [];
const t = { after: (end: () => unknown) => void ends.push(end) };
const origin = createServer((_, response) => response.end('ok'));
await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));
ends.push(() => {
  origin.close();
  origin.closeAllConnections();
});
const url = `http://127.0.0.1:${(origin.address() as AddressInfo).port}`;
await buildDashboard();
const { adminPort, port } = await administer(t, {
  backends: Array.from({ length: BACKENDS }, (_, at) => ({ id: `n${at}`, url })),
  adminSettings: { publicRead: true },
});
const browser = await openBrowser();
let going = true;
const load = (async () => {
  while (going) await callAdmin(port, 'GET', '/proxy/').catch(() => null);
})();
try {
  for (const path of ['control-plane', '', 'metrics-view?range=24h', 'requests']) {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${adminPort}/${path}`);
    await page.waitForTimeout(4000);
    const seen = (await page.evaluate(WATCH)) as Readonly<Record<string, number>>;
    const figures = Object.entries(seen).map(([name, value]) => `${name} ${Number(value.toFixed(1))}`);
    console.log(`/${path}, ${BACKENDS} backends: ${figures.join(', ')}`);
    await page.close();
  }
} finally {
  going = false;
  await load;
  await browser.close();
  for (const end of ends.reverse()) await end();
}
