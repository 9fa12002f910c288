/** Parts of the copilot page that need no browser: a recommendation put into a configuration. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withSettings } from '../../web/src/pages/copilot/proposal-settings.ts';

const CONFIG = {
  routes: [{ name: 'app', pool: 'app', timeouts: { total: '5s' } }, { name: 'api' }],
  pools: { app: { strategy: 'adaptive', backends: [{ id: 'a', url: 'http://a:1' }, 'http://b:1'] } },
};

test('settings are put where they belong, entries of lists by name or id, and nothing else is touched', () => {
  const before = structuredClone(CONFIG);
  const after = withSettings(CONFIG, [
    { path: ['routes', 'app', 'timeouts', 'perTry'], value: '2s' },
    { path: ['pools', 'app', 'circuit', 'failureRatio'], value: '50%' },
    { path: ['pools', 'app', 'backends', 'a', 'weight'], value: 2 },
    { path: ['overload'], value: null },
  ]);
  assert.deepEqual(CONFIG, before);
  assert.deepEqual(after, {
    routes: [{ name: 'app', pool: 'app', timeouts: { total: '5s', perTry: '2s' } }, { name: 'api' }],
    pools: {
      app: {
        strategy: 'adaptive',
        backends: [{ id: 'a', url: 'http://a:1', weight: 2 }, 'http://b:1'],
        circuit: { failureRatio: '50%' },
      },
    },
    overload: null,
  });
});

test('what is gone from the configuration is said, not made up', () => {
  const gone = () => withSettings(CONFIG, [{ path: ['routes', 'none', 'timeouts', 'total'], value: '1s' }]);
  assert.throws(gone, /The configuration has no none any more/);
});
