/**
 * How the dashboard is bundled. No preset: Vite turns JSX into Preact's calls by itself. `npm run dev -w web` serves the
 * source as it is edited, and asks an EdgeBalancer on port 8080 (`npm start`) for data.
 */
import { join } from 'node:path';
import type { UserConfig } from 'vite';

const ROOT = import.meta.dirname;
const BALANCER = 'http://127.0.0.1:8080';

const config: UserConfig = {
  root: ROOT,
  // Relative, so that the dashboard works under whatever path a route gives it.
  base: './',
  publicDir: false,
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  resolve: {
    alias: [
      { find: /^#(contract|simulator|core|memory)\//, replacement: `${join(ROOT, '../src')}/$1/` },
      { find: /^#web\//, replacement: `${join(ROOT, 'src')}/` },
    ],
  },
  build: {
    target: 'es2023',
    // What is not a file of its own would need `data:` in the policy.
    assetsInlineLimit: 0,
    // Told by build/bundle.ts, compressed as it will be sent.
    reportCompressedSize: false,
    modulePreload: { polyfill: false },
    manifest: true,
    rolldownOptions: {
      output: {
        // What every page needs, on its own: a change of the dashboard leaves it in the browser's cache.
        codeSplitting: { groups: [{ name: 'preact', test: /node_modules\/(@preact|preact)\// }] },
      },
    },
  },
  server: {
    host: '127.0.0.1',
    proxy: Object.fromEntries(['/admin/', '^/(metrics|healthz|readyz)(\\?|$)'].map((path) => [path, BALANCER])),
  },
};

export default config;
