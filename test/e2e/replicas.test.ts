/** Replicas over a real Redis: each answers for all of them, and what one learns of a backend the others take as a hint. */
import assert from 'node:assert/strict';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test, type TestContext } from 'node:test';
import type { ReplicasAnswer } from '#contract/replicas.ts';
import { administer, callAdmin, VIEWER, type Administered } from '../support/admin-client.ts';
import { need } from '../support/needs.ts';
import { Origin } from '../support/origin.ts';
import { Redis } from '../support/redis.ts';
import { until } from '../support/until.ts';

async function started(t: TestContext): Promise<Redis> {
  const redis = await Redis.start();
  t.after(() => redis.stop());
  return redis;
}

const replica = (t: TestContext, redis: Redis, name: string, backends: readonly string[], more: object = {}) =>
  administer(t, { backends, ...more, stateSettings: { shared: redis.url } }, { env: { EDGEBALANCER_REPLICA: name } });

async function listed(balancer: Administered): Promise<ReplicasAnswer> {
  const { status, data, text } = await balancer.operate('GET', '/admin/replicas');
  assert.equal(status, 200, text);
  return data as ReplicasAnswer;
}

const namesAt = async (balancer: Administered): Promise<string> =>
  (await listed(balancer)).replicas.map(({ name }) => name).join();

function send(port: number, path = '/proxy/'): Promise<number> {
  return new Promise((resolve) => {
    const sent = get({ host: '127.0.0.1', port, path, agent: false }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode ?? 0));
    });
    sent.on('error', () => resolve(0));
  });
}

describe('replicas', { skip: need('redis-server') }, () => {
  test('any of them lists all, with the load of each and of all together', async (t) => {
    const redis = await started(t);
    const origin = await Origin.start('a');
    t.after(() => origin.stop());
    const all: Administered[] = [];
    for (const name of ['one', 'two', 'three']) all.push(await replica(t, redis, name, [origin.url]));
    for (const [at, { port }] of all.entries()) for (let turn = 0; turn <= at; turn++) await send(port);
    for (const balancer of all)
      await until('all three are listed, with what they have counted', async () => {
        const { replicas, totals } = await listed(balancer);
        const counts = replicas.map(({ name, figures }) => `${name} ${figures.totalRequests}`);
        return counts.join() === 'one 1,three 3,two 2' && totals.totalRequests === 6;
      });
    const answer = await listed(all[1]!);
    assert.deepEqual([answer.shared, answer.connected], [true, true]);
    assert.deepEqual(
      answer.replicas.filter(({ here }) => here).map(({ name }) => name),
      ['two'],
    );
    await all[2]!.supervisor.stop();
    await until('one that stops says so', async () => (await namesAt(all[0]!)) === 'one,two');
  });

  test('what one of them knows, another tells: ?replica=', async (t) => {
    const redis = await started(t);
    const origin = await Origin.start('a');
    t.after(() => origin.stop());
    const one = await replica(t, redis, 'one', [origin.url]);
    const two = await replica(t, redis, 'two', [origin.url]);
    await until('they know each other', async () => (await namesAt(one)) === 'one,two');
    for (let turn = 0; turn < 5; turn++) await send(two.port);
    await until('counted', async () => {
      const there = await one.operate('GET', '/admin/metrics?replica=two');
      assert.equal(there.status, 200, there.text);
      return there.data.totalRequests === 5;
    });
    assert.equal((await one.operate('GET', '/admin/metrics')).data.totalRequests, 0);
    assert.equal((await one.operate('GET', '/admin/metrics?replica=one')).data.totalRequests, 0);
    const requests = await one.operate('GET', '/admin/requests?limit=2&replica=two');
    assert.equal(requests.data.requests.length, 2, requests.text);
    const { id } = requests.data.requests[0];
    const explained = await one.operate('GET', `/admin/requests/${id}?replica=two`);
    assert.equal(explained.data.id, id, explained.text);
    assert.equal((await one.operate('GET', `/admin/requests/${id}?replica=one`)).status, 404, 'here it is not known');
    assert.equal((await one.operate('GET', `/admin/requests/${id}`)).data.id, id, 'whoever knows it tells');
    assert.equal((await one.operate('GET', '/admin/requests/none')).status, 404);
    const viewed = await callAdmin(one.adminPort, 'GET', '/admin/overview?replica=two', { token: VIEWER });
    assert.equal(viewed.data.startedAt, (await two.operate('GET', '/admin/overview')).data.startedAt);
    assert.equal((await callAdmin(one.adminPort, 'GET', '/admin/overview?replica=two')).status, 401);
  });

  test('a question that cannot be answered says why', async (t) => {
    const redis = await started(t);
    const one = await replica(t, redis, 'one', ['http://127.0.0.1:9']);
    const twin = await replica(t, redis, 'twin', ['http://127.0.0.1:9']);
    const other = await replica(t, redis, 'twin', ['http://127.0.0.1:9']);
    await until('they know each other', async () => (await namesAt(one)) === 'one,twin,twin');
    const unknown = await one.operate('GET', '/admin/metrics?replica=tvin');
    assert.deepEqual([unknown.status, /twin/.test(unknown.data.detail)], [404, true]);
    const several = await one.operate('GET', '/admin/metrics?replica=twin');
    assert.equal(several.status, 409);
    const ids = (await listed(one)).replicas.filter(({ name }) => name === 'twin').map(({ id }) => id);
    for (const id of ids) {
      assert.ok(several.text.includes(id));
      assert.equal((await one.operate('GET', `/admin/metrics?replica=${id}`)).status, 200);
    }
    const wrong = await one.operate('GET', `/admin/requests?limit=none&replica=${ids[0]}`);
    assert.equal(wrong.status, 400, 'refused before anybody is asked');
    const change = await one.operate('PUT', `/admin/strategy?replica=${ids[0]}`, { body: {} });
    assert.equal(change.status, 400, 'a change is made once, for all');
    redis.pause();
    const lost = await one.operate('GET', `/admin/metrics?replica=${ids[0]}`);
    assert.deepEqual([lost.status, lost.data.title], [504, 'No answer'], lost.text);
    redis.resume();
    await redis.kill();
    await until('it notices', async () => !(await listed(one)).connected);
    await redis.begin();
    await until('they find each other again', async () => (await namesAt(one)) === 'one,twin,twin');
    await until('and answer each other', async () => (await twin.operate('GET', '/admin/metrics?replica=one')).status === 200); // prettier-ignore
    assert.ok(other.supervisor.workers.length > 0);
  });

  test('what is no question is passed over, and no question is answered but by what a viewer reads', async (t) => {
    const redis = await started(t);
    const one = await replica(t, redis, 'one', ['http://127.0.0.1:9']);
    const [{ id } = { id: '' }] = (await listed(one)).replicas;
    const post = (message: unknown): Promise<unknown> =>
      redis.command(
        'RPUSH',
        `{edgebalancer}:mail:${id}`,
        typeof message === 'string' ? message : JSON.stringify(message),
      );
    const answered = async (): Promise<{ id: string; status: number; data: { tokens?: unknown } }> => {
      const text = await until('an answer', () => redis.command('LPOP', '{edgebalancer}:mail:of-the-test'));
      return JSON.parse(text as string) as never;
    };
    for (const garbage of ['', '{', '[]', '{"kind":"question"}', { kind: 'answer', id: 'none', status: 200, data: {} }])
      await post(garbage);
    const question = {
      kind: 'question',
      from: 'of-the-test',
      query: {},
      asker: { name: 'x', role: 'operator', from: '' },
    };
    for (const [path, status] of [
      ['/admin/tokens', 404],
      ['/admin/events', 404],
      ['/admin/config', 404],
      ['/admin/requests/%E0%A4%A', 500],
      ['/admin/overview', 200],
    ]) {
      await post({ ...question, id: path, path });
      const answer = await answered();
      assert.deepEqual([answer.id, answer.status, answer.data.tokens], [path, status, undefined]);
    }
    assert.match(one.log.lines.join('\n'), /error a question of another replica could not be answered/);
  });

  test('one alone lists itself', async (t) => {
    const alone = await administer(t);
    const answer = await listed(alone);
    assert.deepEqual([answer.shared, answer.connected, answer.replicas.length], [false, false, 1]);
    assert.equal((await alone.operate('GET', `/admin/metrics?replica=${answer.replicas[0]!.name}`)).status, 200);
  });

  test('a circuit that one has opened opens at another with the first failure; a hint alone opens nothing', async (t) => {
    const redis = await started(t);
    const origin = await Origin.start('a');
    let fails = true;
    const bad = createServer((_, response) => response.writeHead(fails ? 500 : 200).end()).listen(0, '127.0.0.1');
    await new Promise((resolve) => bad.once('listening', resolve));
    t.after(() => Promise.all([origin.stop(), new Promise((resolve) => bad.close(resolve))]));
    const url = `http://127.0.0.1:${(bad.address() as AddressInfo).port}`;
    const pool = { health: null, strategy: 'round-robin', circuit: { consecutiveFailures: 5 }, retry: null };
    const one = await replica(t, redis, 'one', [origin.url, url], { pool });
    const two = await replica(t, redis, 'two', [origin.url, url], { pool });
    const circuit = async (balancer: Administered) => {
      const { data } = await balancer.operate('GET', '/admin/backends');
      return data.pools[0].backends[1] as {
        circuit: string;
        circuitChange: { cause: string } | null;
        failures: number;
      };
    };
    await until('one opens its circuit', async () => {
      await send(one.port);
      return (await circuit(one)).circuit !== 'closed';
    });
    await until('the other has heard', async () =>
      (await two.operate('GET', '/metrics')).text.includes('edgebalancer_shared_circuits_open 1'),
    );
    assert.deepEqual([(await circuit(two)).circuit, (await circuit(two)).failures], ['closed', 0]);
    await until('the first failure opens it', async () => {
      await send(two.port);
      return (await circuit(two)).circuit !== 'closed';
    });
    assert.equal((await circuit(two)).failures, 1);
    await until('and is told', async () => (await circuit(two)).circuitChange?.cause === 'other-replicas');
    await until('either tells who keeps it out', async () => {
      const { out } = await listed(one);
      return out[0]?.url === url && out[0].at.map(({ replica: name }) => name).join() === 'one,two';
    });
    fails = false;
    await until('it is well again, and nobody hints any more', async () => {
      await Promise.all([send(one.port), send(two.port)]);
      const texts = await Promise.all([one, two].map((each) => each.operate('GET', '/metrics')));
      return texts.every(({ text }) => text.includes('edgebalancer_shared_circuits_open 0'));
    });
  });
});
