/**
 * `npm run pictures`: the pictures of the dashboard in `docs/images`, taken from the demo when it has run for some minutes, so that
 * charts have something to show. Run by hand, when the dashboard looks different.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { openBrowser } from './support/browser.ts';
import { startDemo } from './support/product.ts';

const FOLDER = join(import.meta.dirname, '../../docs/images');
const MINUTES = Number(process.argv[2] ?? 6);
const PICTURES = [
  ['', 'overview', 760],
  ['control-plane?backend=app%2Fmoody', 'control-plane', 900],
  ['metrics-view', 'metrics', 1180],
  ['architecture', 'architecture', 1100],
  ['copilot', 'copilot', 900],
] as const;
/** Of the minute in which the demo's moody backend fails, and when the page has figures. */
const FIGURES_MS = 7_000;

const ends: (() => unknown)[] = [];
const demo = await startDemo({ after: (end) => void ends.push(end as () => unknown) });
const browser = await openBrowser();
try {
  await wait(MINUTES * 60_000);
  await mkdir(FOLDER, { recursive: true });
  for (const [path, name, height] of PICTURES)
    for (const theme of ['light', 'dark'] as const) {
      const context = await browser.newContext({
        colorScheme: theme,
        viewport: { width: 1280, height },
        reducedMotion: 'reduce',
      });
      const page = await context.newPage();
      await page.goto(`${demo.url}${path}`);
      await page.waitForTimeout(FIGURES_MS);
      await page.screenshot({ path: join(FOLDER, `${name}-${theme}.png`) });
      await context.close();
    }
} finally {
  await browser.close();
  for (const end of ends.reverse()) await end();
}
