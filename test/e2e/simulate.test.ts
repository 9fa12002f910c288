/** `POST /admin/simulate` over real HTTP, of a pool that real requests went through. */
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { describe, test, type TestContext } from 'node:test';
import type { SimulateAnswer } from '#contract/simulate.ts';
import { simulateAnswer } from '#control/admin/answers-simulate.ts';
import { simulations } from '#control/simulate/simulation.ts';
import {
  administer,
  callAdmin,
  OPERATOR,
  VIEWER,
  type Administered,
  type AdminReply,
} from '../support/admin-client.ts';
import { ask, Origin } from '../support/origin.ts';
import { until } from '../support/until.ts';

/** Enough for the times of a backend to be its own. */
const REQUESTS = 240;

async function busy(t: TestContext, publicRead = false): Promise<Administered> {
  const origins = await Promise.all(['a', 'b'].map((id) => Origin.start(id)));
  t.after(() => Promise.all(origins.map((origin) => origin.stop())));
  const backends = origins.map(({ url }, at) => ({ id: 'ab'[at]!, url }));
  return await administer(t, { backends, adminSettings: { publicRead } });
}

async function seen(t: TestContext): Promise<Administered> {
  const balancer = await busy(t);
  for (let sent = 0; sent < REQUESTS; sent++) assert.equal((await ask(balancer.port, '/proxy/')).status, 200);
  // A second must be over before the history has it.
  await until('the history has them', async () => {
    const { data } = await callAdmin(balancer.adminPort, 'GET', '/admin/history?step=1', { token: VIEWER });
    const { requests } = (data as { series: { requests: number[] } }).series;
    return requests.reduce((sum, count) => sum + count, 0) >= REQUESTS;
  });
  return balancer;
}

const simulate = ({ adminPort }: Administered, body: object, token = VIEWER): Promise<AdminReply> =>
  callAdmin(adminPort, 'POST', '/admin/simulate', { token, body });

test('a viewer is told what a change would do, from what was measured', async (t) => {
  const balancer = await seen(t);
  const changes = [{ kind: 'without', backend: 'a' }];
  const { status, data } = await simulate(balancer, {
    changes,
    compare: [
      { name: 'strategy', changes: [{ kind: 'strategy', name: 'least-connections' }] },
      { name: 'hedging', changes: [{ kind: 'config', patch: { hedge: { after: '5ms', budget: '10%' } } }] },
    ],
  });
  assert.equal(status, 200, JSON.stringify(data));
  const answer = simulateAnswer.parse(data) satisfies SimulateAnswer;
  assert.equal(answer.pool, 'app');
  assert.deepEqual(answer.then?.changes, changes);
  assert.deepEqual(
    answer.then.backends.map(({ id }) => id),
    ['b'],
  );
  assert.deepEqual(
    answer.now.backends.map(({ id }) => id),
    ['a', 'b'],
  );
  assert.deepEqual(
    answer.alternatives.map(({ name }) => name),
    ['strategy', 'hedging'],
  );
  const hedged = answer.alternatives[1]?.changes[0];
  assert.equal(hedged?.kind, 'patch');
  assert.deepEqual((hedged.patch as { hedge: unknown }).hedge, { after: { ms: 5 }, budget: 0.1 });
  const { model, from, limits } = answer.basis;
  assert.match(from.join('\n'), new RegExp(`service times: ${REQUESTS} good answers`));
  assert.match(limits.join('\n'), /slow down under as much as it had/);
  assert.ok(model.traffic.ratesPerSecond.every((rate) => rate >= 0));
  assert.ok((answer.now.p50Ms?.mean ?? 0) > 0 && answer.now.errors.mean === 0);
  assert.ok(answer.method.seeds >= 5);
  assert.equal(simulations.running, 0);
});

test('assumptions take the place of what was measured, and make up for nothing measured', async (t) => {
  const balancer = await busy(t);
  const nothing = await simulate(balancer, {});
  assert.equal(nothing.status, 409);
  assert.match(nothing.data.detail as string, /assume\.ratePerSecond/);
  const service = { kind: 'constant', ms: 10 };
  const assume = { ratePerSecond: 200, service, concurrency: 4 };
  const { status, data } = await simulate(balancer, { assume, seconds: 2 });
  assert.equal(status, 200);
  const { now, then } = data as SimulateAnswer;
  assert.equal(then, null);
  assert.ok(Math.abs(now.ratePerSecond.mean - 200) < 30);
  assert.ok(now.p50Ms!.mean >= 9.9 && now.p50Ms!.mean < 11);
  assert.ok(now.backends[0]!.utilisation!.mean > 0.15 && now.backends[0]!.utilisation!.mean < 0.35);
});

describe('what is refused', () => {
  test('names the field and says what would be right', async (t) => {
    const balancer = await busy(t);
    const assume = { ratePerSecond: 100, service: { kind: 'exponential', meanMs: 5 } };
    const refused = async (body: object, path: string, what: RegExp): Promise<void> => {
      const { status, data } = await simulate(balancer, { assume, ...body });
      assert.equal(status, 400, JSON.stringify(data));
      const { errors } = data as { errors: { path: string; message: string }[] };
      assert.equal(errors[0]?.path, path);
      assert.match(errors[0].message, what);
    };
    await refused({ pool: 'ap' }, 'pool', /there is no pool `ap`; did you mean `app`|no pool `ap`/i);
    await refused({ changes: [{ kind: 'faster' }] }, 'changes.0.kind', /strategy/);
    await refused({ changes: [{ kind: 'rate' }] }, 'changes.0.times', /a number from 0 to 1000/);
    await refused({ changes: [{ kind: 'without', backend: 'z' }] }, 'changes.0.backend', /there are a, b/);
    await refused(
      { changes: [{ kind: 'config', patch: { retry: { attempts: 99 } } }] },
      'pools.app.retry.attempts',
      /10/,
    );
    await refused({ seeds: 2 }, 'seeds', /5/);
    await refused({ seconds: 3600, assume: { ...assume, ratePerSecond: 900_000 } }, '', /are the most/);
    await refused(
      { assume: { ...assume, service: { kind: 'constant' } } },
      'traffic.backends.0.service.ms',
      /a number/,
    );
  });

  test('without a token', async (t) => {
    const { adminPort } = await busy(t);
    assert.equal((await callAdmin(adminPort, 'POST', '/admin/simulate', { body: {} })).status, 401);
  });

  test('one more of the same asker, more than there are places; a client that leaves frees its own', async (t) => {
    const balancer = await busy(t, true);
    const { adminPort } = balancer;
    // Some seconds of work, so that it is under way for as long as the test looks.
    const long = { assume: { ratePerSecond: 20_000, service: { kind: 'exponential', meanMs: 5 } }, seconds: 70 };
    const gone: (() => void)[] = [];
    const begin = (token: string): void => {
      const outgoing = request({
        host: '127.0.0.1',
        port: adminPort,
        method: 'POST',
        path: '/admin/simulate',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        agent: false,
      });
      outgoing.on('error', () => {});
      outgoing.end(JSON.stringify(long));
      gone.push(() => void outgoing.destroy());
    };
    t.after(() => gone.forEach((leave) => leave()));
    begin(VIEWER);
    await until('the first is under way', () => simulations.running === 1);
    const same = await simulate(balancer, long);
    assert.equal(same.status, 429);
    assert.equal(same.headers['retry-after'], '2');
    begin(OPERATOR);
    await until('the second is under way', () => simulations.running === 2);
    const other = await callAdmin(adminPort, 'POST', '/admin/simulate', { body: long });
    assert.equal(other.status, 503);
    assert.equal(other.headers['retry-after'], '2');
    gone.forEach((leave) => leave());
    await until('both have ended', () => simulations.running === 0);
    assert.equal(
      (await simulate(balancer, { ...long, seconds: 1, assume: { ...long.assume, ratePerSecond: 500 } })).status,
      200,
    );
  });
});
