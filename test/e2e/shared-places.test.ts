/** Where what replicas share may be: a cluster, behind TLS, behind a network that is cut. Real redis-servers. */
import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import type { ReplicasAnswer } from '#contract/replicas.ts';
import { administer, type Administered } from '../support/admin-client.ts';
import { certificate } from '../support/certificate.ts';
import { CutWire } from '../support/cut-wire.ts';
import { need } from '../support/needs.ts';
import { Origin } from '../support/origin.ts';
import { Redis, REDIS_PASSWORD } from '../support/redis.ts';
import { RedisCluster } from '../support/redis-cluster.ts';
import { until } from '../support/until.ts';

const BURST = 10;
const PREFIX = 'shop';

/** One token in 50 seconds: what is let through is what all of them had together. */
function replica(
  t: TestContext,
  name: string,
  origin: Origin,
  url: string,
  shared: object = {},
): Promise<Administered> {
  const settings = {
    backends: [{ id: 'a', url: origin.url }],
    stateSettings: { shared: { url: '${REDIS_URL}', prefix: PREFIX, lease: 4, ...shared } },
    sections: {
      rateLimits: { 'per-client': null, all: { key: 'global', rate: '0.02/s', burst: BURST } },
      routes: [{ name: 'app', pool: 'app', match: { path: '/proxy/' }, rateLimits: ['all'] }],
    },
  };
  return administer(t, settings, { env: { EDGEBALANCER_REPLICA: name, REDIS_URL: url } });
}

async function origin(t: TestContext): Promise<Origin> {
  const made = await Origin.start('a');
  t.after(() => made.stop());
  return made;
}

const metric = async ({ supervisor, operate }: Administered, name: string): Promise<number> => {
  assert.ok(supervisor.workers.length > 0);
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec((await operate('GET', '/metrics')).text)?.[1]);
};
const connected = (balancer: Administered, is: 0 | 1): Promise<unknown> =>
  until(`connected: ${is}`, async () => (await metric(balancer, 'edgebalancer_shared_connected')) === is);

async function ask({ port }: Administered): Promise<number> {
  return (await fetch(`http://127.0.0.1:${port}/proxy/`)).status;
}

const weightOf = ({ supervisor }: Administered): number => supervisor.plan.pools[0]!.backends[0]!.weight;
const weigh = (balancer: Administered, weight: number) =>
  balancer.operate('PATCH', '/admin/backends/app/a', { body: { weight } });

/** Limits, configuration, list and questions: everything that is shared, between two replicas. */
async function sharesAll(one: Administered, two: Administered, weight: number): Promise<void> {
  await until('they list each other', async () => {
    const { data } = await one.operate('GET', '/admin/replicas');
    return (data as ReplicasAnswer).replicas.length === 2;
  });
  await until('changed, and nobody was first', async () => (await weigh(one, weight)).status === 200);
  await until('the change has come', () => weightOf(two) === weight);
  const { replicas } = (await one.operate('GET', '/admin/replicas')).data as ReplicasAnswer;
  const name = replicas.find(({ here }) => here)?.name;
  await until('one tells of itself at the other', async () => (await two.operate('GET', `/admin/overview?replica=${name}`)).status === 200); // prettier-ignore
}

describe('what replicas share', { skip: need('redis-server') || need('openssl') }, () => {
  test('in a cluster: found from any node, and again when the node that holds it was gone', async (t) => {
    const cluster = await RedisCluster.start();
    t.after(() => cluster.stop());
    const { owner, other } = await cluster.nodesOf(`{${PREFIX}}`);
    const backend = await origin(t);
    const simple = await replica(t, 'simple', backend, other.url);
    await connected(simple, 0);
    const moved = /MOVED .*it is a cluster: `state\.shared\.cluster` must say so/;
    await until('the log says why', () => moved.test(simple.log.lines.join('\n')));
    await simple.supervisor.stop();
    const member = (name: string) => replica(t, name, backend, other.url, { cluster: true });
    const [one, two] = [await member('one'), await member('two')];
    await Promise.all([connected(one, 1), connected(two, 1)]);
    await sharesAll(one, two, 2);
    let passed = 0;
    await until('the whole bucket is used here', async () => {
      if ((await ask(one)) === 200) passed += 1;
      return passed === BURST;
    });
    await until('the other has heard of it', async () => (await ask(two)) === 429);
    await owner.kill();
    await Promise.all([connected(one, 0), connected(two, 0)]);
    assert.equal((await weigh(one, 3)).status, 200, 'changes go on');
    await owner.begin();
    await Promise.all([connected(one, 1), connected(two, 1)]);
    await until('what was changed meanwhile is everywhere', () => weightOf(two) === 3);
    await sharesAll(two, one, 4);
  });

  test('behind TLS: with the authority that the system was told of, and not without', async (t) => {
    const signed = certificate(t);
    const redis = await Redis.start({ certificate: signed });
    t.after(() => redis.stop());
    const backend = await origin(t);
    const stranger = await replica(t, 'stranger', backend, redis.url);
    await connected(stranger, 0);
    await until('the log says why', () => /cannot be asked \(.*certificate/.test(stranger.log.lines.join('\n')));
    assert.equal(await ask(stranger), 200, 'traffic goes on');
    await stranger.supervisor.stop();
    const usual = getCACertificates('default');
    t.after(() => setDefaultCACertificates(usual));
    setDefaultCACertificates([...usual, signed.authority]);
    const [one, two] = [await replica(t, 'one', backend, redis.url), await replica(t, 'two', backend, redis.url)];
    await Promise.all([connected(one, 1), connected(two, 1)]);
    await sharesAll(one, two, 2);
  });

  test('in a cluster behind TLS, as ElastiCache Serverless is', async (t) => {
    const signed = certificate(t);
    const usual = getCACertificates('default');
    t.after(() => setDefaultCACertificates(usual));
    setDefaultCACertificates([...usual, signed.authority]);
    const cluster = await RedisCluster.start({ certificate: signed });
    t.after(() => cluster.stop());
    const { other } = await cluster.nodesOf(`{${PREFIX}}`);
    const backend = await origin(t);
    const member = (name: string) => replica(t, name, backend, other.url, { cluster: true });
    const [one, two] = [await member('one'), await member('two')];
    await Promise.all([connected(one, 1), connected(two, 1)]);
    await sharesAll(one, two, 2);
  });

  test('a wrong password is told in the log, without the right or the wrong one', async (t) => {
    const redis = await Redis.start();
    t.after(() => redis.stop());
    const url = redis.url.replace(REDIS_PASSWORD, 'of-somebody-else');
    const one = await replica(t, 'one', await origin(t), url);
    await connected(one, 0);
    assert.equal(await ask(one), 200);
    const told = JSON.stringify([one.log.lines, one.log.fields]);
    assert.match(told, /what replicas share cannot be asked \(WRONGPASS/);
    assert.ok(!told.includes('of-somebody-else') && !told.includes(REDIS_PASSWORD));
  });

  test('behind a network that is cut: nothing waits, and what lay in the cut is given up for new connections', async (t) => {
    const redis = await Redis.start();
    const wire = await CutWire.to(redis.port);
    t.after(async () => {
      wire.stop();
      await redis.stop();
    });
    const backend = await origin(t);
    const cut = await replica(t, 'one', backend, redis.url.replace(String(redis.port), String(wire.port)));
    const there = await replica(t, 'two', backend, redis.url);
    await sharesAll(cut, there, 2);
    wire.cut();
    const statuses = await Promise.all(Array.from({ length: 3 }, () => ask(cut)));
    assert.deepEqual(statuses, [200, 200, 200]);
    await connected(cut, 0);
    assert.equal((await weigh(there, 5)).status, 200);
    await until('the other notices that it is alone', async () => {
      const { data } = await there.operate('GET', '/admin/replicas');
      return (data as ReplicasAnswer).replicas.length === 1;
    });
    const lost = await there.operate('GET', '/admin/overview?replica=one');
    assert.equal(lost.status, 404, 'it is not there any more');
    wire.mend();
    await connected(cut, 1);
    await until('it converges', () => weightOf(cut) === 5);
    await sharesAll(there, cut, 6);
  });
});
