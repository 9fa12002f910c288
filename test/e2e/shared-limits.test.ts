/** Three replicas that hold one limit together over a real Redis: exact, and harmless when Redis is killed, paused or flushed. */
import assert from 'node:assert/strict';
import { Agent, get } from 'node:http';
import { describe, test, type TestContext } from 'node:test';
import { Balancer } from '../support/balancer.ts';
import { need } from '../support/needs.ts';
import { Origin } from '../support/origin.ts';
import { Redis } from '../support/redis.ts';
import { until } from '../support/until.ts';

const REPLICAS = 3;
const LIMIT = 200;
const BURST = 20;
const TICK_MS = 10;

interface House {
  readonly redis: Redis;
  readonly replicas: readonly Balancer[];
  /** Sends so many a second to each replica for so long; how many were let through, and how many were neither that nor a 429. */
  readonly load: (seconds: number, perReplica?: readonly number[]) => Promise<{ allowed: number; broken: number }>;
}

async function house(t: TestContext, shared: object = {}): Promise<House> {
  const redis = await Redis.start();
  const origin = await Origin.start('a');
  const config = {
    workers: 1,
    listeners: [{ address: '127.0.0.1:0' }],
    pools: { app: { health: null, backends: [origin.url] } },
    rateLimits: { 'per-client': null, all: { key: 'global', rate: `${LIMIT}/s`, burst: BURST } },
    routes: [
      { name: 'app', pool: 'app', match: { path: '/proxy/' }, rateLimits: ['all'] },
      { name: 'control', controlPlane: true, match: { path: '/' }, rateLimits: [] },
    ],
    admin: { address: null, publicRead: true, publicMetrics: true },
    state: { dir: null, shared: { url: redis.url, ...shared } },
    log: { access: null },
  };
  const replicas = await Promise.all(Array.from({ length: REPLICAS }, () => Balancer.start({ config })));
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  t.after(async () => {
    agent.destroy();
    await Promise.all(replicas.map((replica) => replica.stop()));
    await origin.stop();
    await redis.stop();
  });
  const ask = (port: number): Promise<number> =>
    new Promise((resolve) => {
      const sent = get({ host: '127.0.0.1', port, path: '/proxy/', agent }, (answer) => {
        answer.resume();
        answer.on('end', () => resolve(answer.statusCode ?? 0));
      });
      sent.on('error', () => resolve(0));
    });
  const load: House['load'] = async (seconds, perReplica = replicas.map(() => 150)) => {
    const answers: Promise<number>[] = [];
    const begunMs = performance.now();
    const sent = replicas.map(() => 0);
    for (let now = begunMs; now < begunMs + seconds * 1000; now = performance.now()) {
      replicas.forEach(({ port }, at) => {
        while (sent[at]! < ((now - begunMs) / 1000) * perReplica[at]!) {
          answers.push(ask(port));
          sent[at]! += 1;
        }
      });
      await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    }
    const statuses = await Promise.all(answers);
    return {
      allowed: statuses.filter((status) => status === 200).length,
      broken: statuses.filter((status) => status !== 200 && status !== 429).length,
    };
  };
  await Promise.all(replicas.map((replica) => figure(replica, 'edgebalancer_shared_replicas', REPLICAS)));
  return { redis, replicas, load };
}

/** Waits until a metric of a replica says so. */
async function figure(replica: Balancer, name: string, wanted: number): Promise<void> {
  await until(`${name} is ${wanted}`, async () => {
    const text = await (await fetch(`http://127.0.0.1:${replica.port}/metrics`)).text();
    return new RegExp(`^${name} ${wanted}$`, 'm').test(text);
  });
}

/** Within a tenth: a machine that does other things too holds the load and the clocks up. */
function isAbout(allowed: number, wanted: number, share: number): void {
  assert.ok(Math.abs(allowed / wanted - 1) < share, `${allowed} were let through, ${wanted} were due`);
}

describe('limits over Redis', { skip: need('redis-server') }, () => {
  test('three replicas hold one limit, whoever gets the requests', async (t) => {
    const { load, replicas } = await house(t);
    await load(1);
    const even = await load(4);
    assert.equal(even.broken, 0);
    isAbout(even.allowed, 4 * LIMIT, 0.1);
    const uneven = await load(4, [350, 40, 0]);
    assert.equal(uneven.broken, 0);
    isAbout(uneven.allowed, 4 * LIMIT, 0.1);
    const text = await (await fetch(`http://127.0.0.1:${replicas[0]!.port}/metrics`)).text();
    const rounds = Number(/^edgebalancer_shared_rounds_total\{result="ok"\} (\d+)$/m.exec(text)?.[1]);
    assert.ok(rounds > 20 && rounds < 50 * 15, `${rounds} rounds`);
  });

  test('killed under load: no request is lost, each replica holds its share, and all is exact again when it is back', async (t) => {
    const { load, redis, replicas } = await house(t);
    await load(1);
    await redis.kill();
    await Promise.all(replicas.map((replica) => figure(replica, 'edgebalancer_shared_connected', 0)));
    const alone = await load(4);
    assert.equal(alone.broken, 0);
    isAbout(alone.allowed, 4 * LIMIT, 0.25);
    await redis.begin();
    await Promise.all(replicas.map((replica) => figure(replica, 'edgebalancer_shared_connected', 1)));
    await load(1);
    const back = await load(4);
    assert.equal(back.broken, 0);
    isAbout(back.allowed, 4 * LIMIT, 0.1);
  });

  test('paused and flushed under load: nothing waits for it', async (t) => {
    const { load, redis, replicas } = await house(t);
    await load(1);
    redis.pause();
    const paused = await load(2);
    assert.equal(paused.broken, 0);
    assert.ok(paused.allowed < 2 * LIMIT * 1.8, `${paused.allowed} of ${2 * LIMIT}`);
    await Promise.all(replicas.map((replica) => figure(replica, 'edgebalancer_shared_connected', 0)));
    redis.resume();
    await Promise.all(replicas.map((replica) => figure(replica, 'edgebalancer_shared_connected', 1)));
    await load(1);
    const [flushed] = await Promise.all([load(3), redis.command('FLUSHALL')]);
    assert.equal(flushed.broken, 0);
    isAbout(flushed.allowed, 3 * LIMIT, 0.2);
  });

  test('closed: what is limited is refused while it is lost, and nothing else', async (t) => {
    const { load, redis, replicas } = await house(t, { whenLost: 'closed' });
    assert.ok((await load(0.5)).allowed > 0);
    await redis.kill();
    await Promise.all(replicas.map((replica) => figure(replica, 'edgebalancer_shared_connected', 0)));
    assert.deepEqual(await load(0.5), { allowed: 0, broken: 0 });
    await redis.begin();
    await Promise.all(replicas.map((replica) => figure(replica, 'edgebalancer_shared_connected', 1)));
    assert.ok((await load(0.5)).allowed > 0);
  });

  test('keys end by themselves, and hold no name', async (t) => {
    const { load, redis } = await house(t);
    const loaded = load(2);
    const key = '{edgebalancer}:limit:all:0000000000000000';
    const keys = await until('both keys', async () => {
      const found = (await redis.command('KEYS', '*')) as string[];
      return found.some((one) => one.includes('limit')) ? found : null;
    });
    assert.deepEqual(keys.sort(), ['{edgebalancer}:board', '{edgebalancer}:config', key, '{edgebalancer}:replicas']);
    assert.ok(Number(await redis.command('PTTL', key)) > 0);
    await loaded;
    await until('the key is gone', async () => ((await redis.command('KEYS', '*:limit:*')) as string[]).length === 0);
  });
});
