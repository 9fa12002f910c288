/** One configuration for all replicas over a real Redis: changes reach all in order, cut off replicas converge, restarts lose nothing. */
import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import type { RevisionEntry } from '#contract/control.ts';
import { administer, type Administered } from '../support/admin-client.ts';
import { need } from '../support/needs.ts';
import { Redis } from '../support/redis.ts';
import { until } from '../support/until.ts';

const BACKENDS = [
  { id: 'a', url: 'http://127.0.0.1:9' },
  { id: 'b', url: 'http://127.0.0.1:10' },
];

function replica(t: TestContext, redis: Redis, weight = 1): Promise<Administered> {
  const [a, b] = BACKENDS;
  return administer(t, { backends: [{ ...a!, weight }, b!], stateSettings: { shared: redis.url } });
}

async function started(t: TestContext): Promise<Redis> {
  const redis = await Redis.start();
  t.after(() => redis.stop());
  return redis;
}

const weigh = (balancer: Administered, weight: number) =>
  balancer.operate('PATCH', '/admin/backends/app/b', { body: { weight } });

const weightOf = ({ supervisor }: Administered, id = 'b'): number | undefined =>
  supervisor.plan.pools[0]!.backends.find((one) => one.id === id)?.weight;

const all = (replicas: readonly Administered[], weight: number): Promise<unknown> =>
  until(`all have weight ${weight}: ${replicas.map((one) => weightOf(one)).join()}`, () =>
    replicas.every((one) => weightOf(one) === weight),
  );

async function summaries(balancer: Administered): Promise<string[]> {
  const { data } = await balancer.operate('GET', '/admin/config/revisions');
  return (data as unknown as { revisions: RevisionEntry[] }).revisions
    .filter(({ source }) => source !== 'file')
    .map(({ summary }) => summary)
    .reverse();
}

describe('a configuration over Redis', { skip: need('redis-server') }, () => {
  test('a change at one replica is obeyed by all, and says who made it', async (t) => {
    const redis = await started(t);
    const replicas = [await replica(t, redis), await replica(t, redis), await replica(t, redis)];
    assert.equal((await weigh(replicas[0]!, 5)).status, 200);
    await all(replicas, 5);
    const { data } = await replicas[2]!.operate('GET', '/admin/config/revisions');
    const [last] = (data as unknown as { revisions: RevisionEntry[] }).revisions;
    assert.deepEqual([last!.source, last!.by.name, last!.summary], ['shared', 'ops', 'backend app/b: weight 5']);
    // Whatever a rollback brings back, it brings back everywhere.
    const back = await replicas[1]!.operate('POST', '/admin/config/rollback', { body: {} });
    assert.equal(back.status, 200, back.text);
    await all(replicas, 1);
  });

  test('changes at the same moment have one order everywhere: the second is told to look again', async (t) => {
    const redis = await started(t);
    const replicas = [await replica(t, redis), await replica(t, redis), await replica(t, redis)];
    const statuses: number[] = [];
    for (let round = 0; round < 8; round++) {
      const sent = replicas.map((one, at) => weigh(one, 10 + round * 3 + at));
      statuses.push(...(await Promise.all(sent)).map(({ status }) => status));
    }
    assert.ok(statuses.includes(200));
    assert.ok(
      statuses.every((status) => status === 200 || status === 409),
      statuses.join(),
    );
    await until('all agree', () => new Set(replicas.map((one) => weightOf(one))).size === 1);
    const made = statuses.filter((status) => status === 200).length;
    await until('all have heard of all', async () => {
      const versions = await Promise.all(replicas.map(async (one) => (await summaries(one)).at(-1)));
      return new Set(versions).size === 1;
    });
    // A replica that looks late may see two changes as one; what it sees has the order that the others saw.
    const orders = await Promise.all(replicas.map(summaries));
    for (const order of orders) {
      assert.ok(order.length <= made);
      const numbers = order.map((summary) => Number(/weight (\d+)/.exec(summary)?.[1]));
      for (const other of orders) {
        const common = other.map((summary) => Number(/weight (\d+)/.exec(summary)?.[1])).filter((one) => numbers.includes(one)); // prettier-ignore
        assert.deepEqual(
          numbers.filter((one) => common.includes(one)),
          common,
        );
      }
    }
  });

  test('cut off, a replica still obeys its operator; back again, all agree', async (t) => {
    const redis = await started(t);
    const [first, second] = [await replica(t, redis), await replica(t, redis)];
    await weigh(first, 3);
    await all([first, second], 3);
    await redis.kill();
    assert.equal((await weigh(first, 7)).status, 200, 'obeyed here alone');
    assert.equal(weightOf(second), 3);
    // Redis has kept nothing, and the second has nothing new to tell.
    await redis.begin();
    await all([first, second], 7);
    redis.pause();
    assert.equal((await weigh(first, 8)).status, 200);
    redis.resume();
    await all([first, second], 8);
  });

  test('a replica that starts takes up what the others say; a new file replaces it for all', async (t) => {
    const redis = await started(t);
    const first = await replica(t, redis);
    await weigh(first, 4);
    const later = await replica(t, redis);
    assert.equal(weightOf(later), 4, 'before it says that it is ready');
    await first.supervisor.stop();
    await later.supervisor.stop();
    const anew = await replica(t, redis);
    assert.equal(weightOf(anew), 4, 'all replicas were restarted');
    const newer = await replica(t, redis, 2);
    assert.deepEqual([weightOf(newer, 'a'), weightOf(newer)], [2, 1]);
    await until('the others obey the new file', () => weightOf(anew, 'a') === 2 && weightOf(anew) === 1);
    // One that crashed in the middle of the roll-out, and starts with the old file.
    const older = await replica(t, redis);
    assert.equal(weightOf(older, 'a'), 2);
  });
});
