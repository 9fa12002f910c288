/** Requests with bodies at backends that fail: what may have been carried out is never sent twice, the rest byte for byte. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Outcome } from '#core/outcome.ts';
import { BackendProcess } from './support/backend-process.ts';
import { timesReceived } from './support/journal.ts';
import { describeBody, Load } from './support/load.ts';
import type { Shape } from './support/load-connection.ts';
import type { Answer } from './support/load-result.ts';
import { requestBody } from './support/payload.ts';
import { Rig } from './support/rig.ts';

const AMPLE = { attempts: 3, budget: { share: '100%', minPerSecond: 1000 } };
const SIZES = [0, 1, 1000, 20_000, 65_536, 200_000];

/** All sizes in turn, each with its length and in chunks. */
function posts(n: number): Shape {
  const bytes = SIZES[n % SIZES.length] as number;
  return { method: 'POST', bytes, chunked: Math.floor(n / SIZES.length) % 2 === 1 };
}

/** What came to backends is what was sent, and came as often as `most` says. */
function assertReceived(backends: readonly BackendProcess[], sizeOf: (n: number) => number, most: number): void {
  const journals = backends.map(({ journal }) => journal);
  for (const { entries } of journals)
    for (const [id, { bodies }] of entries) {
      const sent = describeBody(requestBody(id, sizeOf(Number(id.split('-')[1]))));
      for (const body of bodies) assert.equal(body, sent, `body of ${id}`);
    }
  for (const [id, times] of timesReceived(journals)) assert.ok(times <= most, `${id} came ${times} times`);
}

const kindOf = ({ status, ending, reason, backend }: Answer): string =>
  [status, ending, reason || backend].filter((part) => part !== '').join(' ');

test('a POST is never sent twice once something of it was sent', async (t) => {
  const backends = await BackendProcess.many(t, 6);
  const [reset, closed, garbage, busy, hung] = backends as [BackendProcess, BackendProcess, ...BackendProcess[]];
  await reset.set({ mode: 'reset' });
  await closed.set({ mode: 'close' });
  await garbage!.set({ mode: 'garbage' });
  await busy!.set({ failShare: 1, failStatus: 503 });
  await hung!.set({ mode: 'hold' });
  const rig = await Rig.start(t, {
    backends,
    pool: { retry: AMPLE, circuit: null },
    route: { timeouts: { perTry: '300ms', total: '5s' } },
  });
  const load = Load.start(t, { port: rig.port, perSecond: 200, shape: posts });
  await load.answered(480);
  const result = await load.stop();
  await hung!.release();
  await rig.quiet();
  assert.equal(rig.retries, 0);
  assertReceived(backends, (n) => SIZES[n % SIZES.length] as number, 1);
  const kinds = new Set(result.errors.map(kindOf));
  assert.deepEqual([...kinds].sort(), [
    `502 whole upstream-invalid`,
    `502 whole upstream-reset`,
    `503 whole ${busy!.id}`,
    `504 whole upstream-timeout`,
  ]);
  const good = result.answers.filter(({ backend }) => backend === backends[5]!.id);
  assert.ok(good.length > 0 && good.every(({ status, ending }) => status === 200 && ending === 'whole'));
});

test('a POST whose backend refuses the connection goes to another one, its body whole, chunked or not', async (t) => {
  const backends = await BackendProcess.many(t, 3);
  const [gone] = backends as [BackendProcess];
  await gone.kill();
  const rig = await Rig.start(t, { backends, pool: { retry: AMPLE, circuit: null } });
  const load = Load.start(t, { port: rig.port, perSecond: 200, shape: posts });
  await load.answered(360);
  const result = await load.stop();
  result.assertNoError();
  await rig.quiet();
  assert.ok(rig.outcome(gone.id, Outcome.connectFailure) > 50);
  assert.equal(rig.retries, rig.outcome(gone.id, Outcome.connectFailure));
  assertReceived(backends, (n) => SIZES[n % SIZES.length] as number, 1);
});

test('a POST whose backend takes no connection in time goes to another one too', async (t) => {
  const backends = await BackendProcess.many(t, 3);
  const [full] = backends as [BackendProcess];
  await full.stopAccepting();
  const timeouts = { connect: '200ms' };
  const rig = await Rig.start(t, { backends, pool: { retry: AMPLE, circuit: null, timeouts } });
  const load = Load.start(t, { port: rig.port, perSecond: 100, shape: posts });
  await load.answered(120);
  const result = await load.stop();
  result.assertNoError();
  await rig.quiet();
  assert.ok(rig.outcome(full.id, Outcome.connectTimeout) > 20);
  assert.equal(rig.retries, rig.outcome(full.id, Outcome.connectTimeout));
  await full.resume();
  assertReceived(backends, (n) => SIZES[n % SIZES.length] as number, 1);
});

test('a PUT is replayed with its body up to `bodyBytes`, a larger one is not', async (t) => {
  const most = 10_000;
  const sizes = [0, 1, most - 1, most, most + 1, 3 * most];
  const sizeOf = (n: number): number => sizes[n % sizes.length] as number;
  const backends = await BackendProcess.many(t, 3);
  const [broken] = backends as [BackendProcess];
  await broken.set({ mode: 'reset' });
  const rig = await Rig.start(t, { backends, pool: { retry: { ...AMPLE, bodyBytes: most }, circuit: null } });
  const load = Load.start(t, {
    port: rig.port,
    perSecond: 200,
    shape: (n) => ({ method: 'PUT', bytes: sizeOf(n), chunked: Math.floor(n / sizes.length) % 2 === 1 }),
  });
  await load.answered(360);
  const result = await load.stop();
  await rig.quiet();
  const { entries } = broken.journal;
  let replayed = 0;
  let lost = 0;
  for (const answer of result.answers) {
    const large = sizeOf(Number(answer.id.split('-')[1])) > most;
    if (large && entries.has(answer.id)) {
      lost += 1;
      assert.equal(kindOf(answer), '502 whole upstream-reset');
    } else {
      if (entries.has(answer.id)) replayed += 1;
      assert.equal(`${answer.status} ${answer.ending}`, '200 whole', answer.id);
    }
  }
  assert.ok(replayed > 20 && lost > 10, `${replayed} replayed, ${lost} lost`);
  assert.equal(rig.retries, replayed);
  const journals = backends.map(({ journal }) => journal);
  for (const [id, times] of timesReceived(journals)) {
    const twice = entries.has(id) && sizeOf(Number(id.split('-')[1])) <= most;
    assert.equal(times, twice ? 2 : 1, id);
  }
  assertReceived(backends, sizeOf, 2);
});
