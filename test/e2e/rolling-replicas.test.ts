/** Three replicas behind HAProxy with health checks are replaced one after another under load: no client sees an error. */
import assert from 'node:assert/strict';
import { Agent, get } from 'node:http';
import { test, type TestContext } from 'node:test';
import { Balancer } from '../support/balancer.ts';
import { freePort } from '../support/free-port.ts';
import { startHaproxy } from '../support/haproxy.ts';
import { need } from '../support/needs.ts';
import { Origin } from '../support/origin.ts';
import { Redis } from '../support/redis.ts';
import { until } from '../support/until.ts';

const REPLICAS = 3;
const PER_SECOND = 150;

/** As docs/operating.md wants a load balancer in front: asks /readyz, and tries a connection that is refused elsewhere. */
function front(t: TestContext, ports: readonly number[]): Promise<number> {
  const servers = ports.map((one, at) => `  server r${at} 127.0.0.1:${one} check inter 100ms fall 1 rise 1`);
  return startHaproxy(
    t,
    (port) => `defaults
  mode http
  timeout connect 1s
  timeout client 10s
  timeout server 10s
  timeout check 5s
  retries 3
  retry-on conn-failure empty-response
  option redispatch 1
listen front
  bind 127.0.0.1:${port}
  option httpchk GET /readyz
${servers.join('\n')}
`,
  );
}

test('a rolling replacement loses no request', { skip: need('haproxy') || need('redis-server') }, async (t) => {
  const redis = await Redis.start();
  const origin = await Origin.start('a');
  const ports = await Promise.all(Array.from({ length: REPLICAS }, freePort));
  const start = (port: number): Promise<Balancer> =>
    Balancer.start({
      config: {
        listeners: [{ address: `127.0.0.1:${port}` }],
        pools: { app: { health: null, backends: [origin.url] } },
        routes: [
          { name: 'app', pool: 'app', match: { path: '/proxy/' }, rateLimits: [] },
          { name: 'control', controlPlane: true, match: { path: '/' }, rateLimits: [] },
        ],
        admin: { address: null },
        state: { dir: null, shared: redis.url },
      },
    });
  const replicas = await Promise.all(ports.map(start));
  const port = await front(t, ports);
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  t.after(async () => {
    agent.destroy();
    await Promise.all(replicas.map((replica) => replica.stop()));
    await origin.stop();
    await redis.stop();
  });
  const ask = (): Promise<number> =>
    new Promise((resolve) => {
      const sent = get({ host: '127.0.0.1', port, path: '/proxy/', agent }, (answer) => {
        answer.resume();
        answer.on('end', () => resolve(answer.statusCode ?? 0));
      });
      sent.on('error', () => resolve(0));
    });
  await until('the front answers', async () => (await ask()) === 200);
  const statuses: Promise<number>[] = [];
  const load = setInterval(() => {
    for (let at = 0; at < PER_SECOND / 50; at++) statuses.push(ask());
  }, 20);
  for (let at = 0; at < REPLICAS; at++) {
    const before = replicas[at]!;
    const served = origin.served;
    before.signal('SIGTERM');
    assert.equal(await before.exited(), 0);
    replicas[at] = await start(ports[at]!);
    await until('requests go on', () => origin.served > served + PER_SECOND);
  }
  clearInterval(load);
  const counts: Record<number, number> = {};
  for (const status of await Promise.all(statuses)) counts[status] = (counts[status] ?? 0) + 1;
  assert.deepEqual(Object.keys(counts), ['200'], JSON.stringify(counts));
  t.diagnostic(`${counts[200]} requests`);
});
