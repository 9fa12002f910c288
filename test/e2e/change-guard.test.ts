/** A change that was asked to be watched: undone when requests fail after it, left alone when they do not. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test, type TestContext } from 'node:test';
import { administer, type Administered } from '../support/admin-client.ts';
import { ask, Origin } from '../support/origin.ts';
import { until } from '../support/until.ts';

const WAIT_MS = 60_000;

interface House extends Administered {
  readonly stateOf: (id: string) => Promise<string>;
  readonly audit: () => Promise<readonly { action: string; summary: string; ok: boolean; by: { name: string } }[]>;
}

/** `a` is well; `b` is in maintenance, and answers with errors should it get requests. Load comes all the time. */
async function house(t: TestContext): Promise<House> {
  const good = await Origin.start('a');
  const bad = createServer((asked, response) => response.writeHead(asked.url === '/healthz' ? 200 : 500).end());
  await new Promise<void>((resolve) => bad.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    bad.close();
    bad.closeAllConnections();
    return good.stop();
  });
  const backends = [
    { id: 'a', url: good.url },
    { id: 'b', url: `http://127.0.0.1:${(bad.address() as AddressInfo).port}`, state: 'maintenance' },
  ];
  const administered = await administer(t, { backends, pool: { strategy: 'round-robin', circuit: null, retry: null } });
  let going = true;
  let sent = 0;
  const load = (async () => {
    while (going) {
      await ask(administered.port, '/proxy/').catch(() => null);
      sent += 1;
    }
  })();
  t.after(async () => {
    going = false;
    await load;
  });
  const began = Date.now();
  await until('a past', () => sent > 200 && Date.now() - began > 2500, WAIT_MS);
  const stateOf: House['stateOf'] = async (id) => {
    const { data } = await administered.operate('GET', '/admin/backends');
    return (data.pools[0].backends as { id: string; state: string }[]).find((one) => one.id === id)?.state ?? '';
  };
  const audit: House['audit'] = async () => (await administered.operate('GET', '/admin/audit')).data.entries;
  return { ...administered, stateOf, audit };
}

describe('a watched change', () => {
  test('that makes requests fail is undone, and the audit says why', async (t) => {
    const { operate, stateOf, audit } = await house(t);
    const { status, data } = await operate('PATCH', '/admin/backends/app/b?watch=60', { body: { state: 'active' } });
    assert.equal(status, 200);
    assert.ok(Date.parse(data.watchedUntil) > Date.now());
    await until('it to be undone', async () => (await stateOf('b')) === 'maintenance', WAIT_MS);
    await until('the audit', async () => (await audit()).some(({ action }) => action === 'config.undo'), WAIT_MS);
    const undone = (await audit()).find(({ action }) => action === 'config.undo');
    assert.deepEqual([undone?.ok, undone?.by.name], [true, 'guard']);
    assert.match(undone?.summary ?? '', /^undone: \d+\.\d % of the requests fail, 0\.0 % did before after "/);
    const { data: revisions } = await operate('GET', '/admin/config/revisions');
    assert.equal(revisions.revisions[0].source, 'rollback');
  });

  test('after which somebody else changes something is not undone', async (t) => {
    const { operate, stateOf, audit, log } = await house(t);
    await operate('PATCH', '/admin/backends/app/b?watch=60', { body: { state: 'active' } });
    assert.equal((await operate('PATCH', '/admin/backends/app/a', { body: { weight: 2 } })).status, 200);
    await until('the watch to end', () => JSON.stringify(log.lines).includes('it is watched no more'), WAIT_MS);
    assert.equal(await stateOf('b'), 'healthy');
    assert.ok(!(await audit()).some(({ action }) => action === 'config.undo'));
  });

  test('that does no harm stays; what is asked for wrongly is said', async (t) => {
    const { operate, stateOf, log } = await house(t);
    await operate('PATCH', '/admin/backends/app/a?watch=5', { body: { weight: 3 } });
    await until('the watch to end', () => JSON.stringify(log.lines).includes('made nothing worse'), WAIT_MS);
    const { data } = await operate('GET', '/admin/backends');
    assert.equal(data.pools[0].backends[0].weight, 3);
    for (const query of ['watch=1', 'watch=soon', 'watch=60&watchP99=0.5', 'watchErrors=2']) {
      const { status, text } = await operate('PATCH', `/admin/backends/app/a?${query}`, { body: { weight: 4 } });
      assert.equal(status, 400, query);
      assert.match(text, /watch/);
    }
    assert.equal(await stateOf('b'), 'maintenance');
  });
});
