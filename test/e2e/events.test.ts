/** `GET /admin/events` over real HTTP: at the admin API's own address, and through a worker. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import type { z } from 'zod';
import { eventData } from '#control/admin/answers-events.ts';
import { administer, callAdmin, OPERATOR, VIEWER, type Administered } from '../support/admin-client.ts';
import { EventClient, type Heard, type Listening } from '../support/event-client.ts';
import { Origin, ask } from '../support/origin.ts';
import { Program, PROGRAM_TOKEN, temporaryDirectory } from '../support/program.ts';
import { RawClient } from '../support/raw-client.ts';
import { configOf, draftFrom } from '../support/supervised.ts';
import { until } from '../support/until.ts';

const origin = await Origin.start('a');
after(() => origin.stop());
const backends = [{ id: 'a', url: origin.url }];
const CHANGES = '?types=health,circuit,panic,config,worker,reload,drain';

async function listen(
  t: { after: (end: () => void) => void },
  port: number,
  how: Listening = {},
): Promise<EventClient> {
  const client = await EventClient.open(port, { token: VIEWER, ...how });
  t.after(() => client.close());
  return client;
}

async function begin(t: Parameters<typeof listen>[0], port: number, how: Listening = {}): Promise<EventClient> {
  const client = await listen(t, port, how);
  assert.equal(client.status, 200, client.text);
  return client.begun();
}

const patch = (api: Administered, body: object) => api.operate('PATCH', '/admin/backends/app/a', { body });
const shown = ({ type, data }: Heard): string => {
  const { at: _, ...rest } = data as Record<string, unknown>;
  return `${type} ${JSON.stringify(rest)}`;
};

/** Streams are the same wherever they are asked for. */
const PLACES = [
  ['at the own address', (api: Administered) => api.adminPort],
  ['through a worker', (api: Administered) => api.port],
] as const;

for (const [where, portOf] of PLACES) {
  describe(where, () => {
    test('what happens comes at once, in order, with ids that go up, and each event is what the document says', async (t) => {
      const api = await administer(t, { backends, health: { interval: '100ms', unhealthyAfter: 1, healthyAfter: 1 } });
      t.after(() => void (origin.healthStatus = 200));
      const client = await begin(t, portOf(api));
      assert.match(client.headers['content-type'] ?? '', /^text\/event-stream/);
      assert.equal(client.headers['cache-control'], 'no-store');
      await until('it to be healthy', () => api.supervisor.tables.slots.health[slotOf(api)] === 1);
      origin.healthStatus = 500;
      const { data: health } = await client.heard('it to be down', ({ data }) => data.to === 'unhealthy');
      assert.deepEqual([health.pool, health.backend, health.from], ['app', 'a', 'healthy']);
      assert.match(health.reason, /status 500/);
      await patch(api, { weight: 3 });
      const { data: config } = await client.heard('the change', ({ type }) => type === 'config');
      assert.deepEqual([config.revision, config.by, config.source], [2, { name: 'ops', from: '127.0.0.1' }, 'api']);
      assert.match(config.summary, /app\/a/);
      await patch(api, { state: 'draining' });
      await client.heard('the state', ({ type, data }) => type === 'health' && data.to === 'draining');
      assert.equal(await api.supervisor.reload(), false);
      const { data: reload } = await client.heard('the refusal', ({ type }) => type === 'reload');
      assert.deepEqual([reload.revision, reload.problems], [3, ['There is no file to read again.']]);
      await api.supervisor.workers[0]?.thread.terminate();
      if (portOf(api) === api.port) assert.equal(await client.untilOver(), 'cut');
      else {
        await client.heard('a worker in its place', ({ data }) => data.state === 'restarted');
        assert.deepEqual(
          client.events.filter(({ type }) => type === 'worker').map(({ data }) => data.state),
          ['died', 'restarted'],
        );
      }
      const numbers = client.changes.map(({ id }) => Number(id.split('-')[1]));
      assert.deepEqual(
        numbers,
        [...new Set(numbers)].toSorted((a, b) => a - b),
      );
      assert.equal(new Set(client.events.map(({ id }) => id.split('-')[0])).size, 1);
      for (const { type, data } of client.events) {
        const read = (eventData[type] as z.ZodType).safeParse(data);
        assert.ok(read.success, `${type}: ${JSON.stringify(read.error?.issues)}`);
      }
    });

    test('figures come each second while somebody listens, and agree with /admin/metrics', async (t) => {
      const api = await administer(t, { backends, workers: 2 });
      await ask(api.port, '/proxy/before');
      // A worker counts a request a moment after its answer has gone out.
      const counted = async () => (await api.operate('GET', '/admin/metrics')).data.totalRequests === 1;
      await until('the first to be counted', counted);
      const client = await begin(t, portOf(api), { query: '?types=metrics' });
      for (let turn = 0; turn < 20; turn++) await ask(api.port, '/proxy/x');
      await client.heard('all of them', ({ data }) => data.totalRequests === 21);
      const { data: report } = await api.operate('GET', '/admin/metrics');
      const last = client.events.at(-1)?.data;
      assert.deepEqual([last.totalRequests, last.statusClasses], [report.totalRequests, report.statusClasses]);
      const seen = client.events.reduce((sum, { data }) => sum + data.perSecond.requests * data.seconds, 0);
      assert.ok(Math.abs(seen - 20) < 0.1, `${seen}: the one before is in no second`);
      const busy = client.events.find(({ data }) => data.latencyMs !== null)?.data;
      assert.ok(busy.latencyMs.p50 > 0 && busy.latencyMs.p50 <= busy.latencyMs.p99);
      assert.deepEqual([last.backends, last.backendsUp], [1, 1]);
    });

    test('whoever comes back is sent what was missed, and is told of what cannot be sent', async (t) => {
      const api = await administer(t, { backends });
      const first = await begin(t, portOf(api), { query: CHANGES });
      await patch(api, { weight: 2 });
      const { id } = await first.heard('the change', ({ type }) => type === 'config');
      first.close();
      await patch(api, { weight: 3 });
      await patch(api, { weight: 4 });
      const again = await Promise.all([
        begin(t, portOf(api), { lastId: id, query: CHANGES }),
        begin(t, portOf(api), { query: `${CHANGES}&after=${id}` }),
      ]);
      await patch(api, { weight: 5 });
      for (const client of again) {
        await client.heard('the newest', ({ data }) => data.revision === 5);
        assert.deepEqual(
          client.events.map(({ data }) => data.revision),
          [3, 4, 5],
        );
      }
      const stale = await begin(t, portOf(api), { lastId: 'aaaaaaaaaaaa-7' });
      await stale.heard('what is kept', ({ data }) => data.revision === 2);
      assert.deepEqual([stale.changes[0]?.type, stale.changes[0]?.data.reason], ['gap', 'restarted']);
    });

    test('only what was asked for comes; what is no type is refused with those that are', async (t) => {
      const api = await administer(t, { backends });
      const client = await begin(t, portOf(api), { query: '?types=config,worker' });
      await patch(api, { state: 'draining' });
      await patch(api, { state: 'active' });
      await client.heard('both', ({ data }) => data.revision === 3);
      assert.deepEqual([...new Set(client.events.map(({ type }) => type))], ['config']);
      const wrong = await callAdmin(portOf(api), 'GET', '/admin/events?types=helth', { token: VIEWER });
      assert.equal(wrong.status, 400);
      assert.match(wrong.data.errors[0].message, /expected some of metrics, health, .*Did you mean health\?/);
      assert.equal((await callAdmin(portOf(api), 'GET', '/admin/events')).status, 401);
      assert.equal((await callAdmin(portOf(api), 'HEAD', '/admin/events', { token: VIEWER })).status, 200);
      await until('only one to listen', () => api.supervisor.events.counts.open === 1);
    });

    test('a client that goes is gone, and nothing is done for it any more', async (t) => {
      const api = await administer(t, { backends });
      const clients = await Promise.all([begin(t, portOf(api)), begin(t, portOf(api))]);
      assert.equal(api.supervisor.events.counts.open, 2);
      const { text } = await api.operate('GET', '/metrics');
      assert.match(text, /^edgebalancer_event_streams 2$/m);
      for (const client of clients) client.close();
      await until('nobody to listen', () => api.supervisor.events.counts.open === 0);
    });

    test('a token or session that is over ends its streams, and those of others go on', async (t) => {
      const api = await administer(t, { backends });
      const make = (name: string) => api.operate('POST', '/admin/tokens', { body: { name, role: 'viewer' } });
      const token = (await make('brief')).data.token as string;
      const base = `http://127.0.0.1:${portOf(api)}`;
      const signIn = async (): Promise<string> => {
        const { headers } = await callAdmin(portOf(api), 'POST', '/admin/session', {
          body: { token: VIEWER },
          headers: { origin: base },
        });
        return String(headers['set-cookie']).split(';')[0] as string;
      };
      const cookie = await signIn();
      const open = (headers: Record<string, string>) =>
        EventClient.open(portOf(api), { headers, query: CHANGES }).then((client) => client.begun());
      const byToken = await open({ authorization: `Bearer ${token}` });
      const bySession = await open({ cookie });
      const other = await begin(t, portOf(api));
      assert.equal((await api.operate('DELETE', '/admin/tokens/brief')).status, 204);
      assert.equal(await byToken.untilOver(), 'ended');
      assert.deepEqual([bySession.over, other.over], [null, null]);
      const out = await callAdmin(portOf(api), 'DELETE', '/admin/session', { headers: { cookie, origin: base } });
      assert.equal(out.status, 204);
      assert.equal(await bySession.untilOver(), 'ended');
      assert.equal(other.over, null);
      assert.equal((await callAdmin(portOf(api), 'GET', '/admin/events', { token })).status, 401);
    });

    test('a client that does not read is cut off, and what waits for it is bounded', async (t) => {
      const api = await administer(t, { backends });
      const other = await begin(t, portOf(api), { query: '?types=panic' });
      const slow = await RawClient.connect({ port: portOf(api) });
      t.after(() => slow.destroy());
      slow.pause();
      await slow.send(`GET /admin/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${VIEWER}\r\n\r\n`);
      await until('both to listen', () => api.supervisor.events.counts.open === 2);
      const pool = 'p'.repeat(10_000);
      let sent = 0;
      // Until all that sockets on the way hold is full, which is the system's to say: it cannot be much above 64 MiB.
      while (api.supervisor.events.counts.dropped === 0) {
        assert.ok(sent < 20_000, 'it is cut off some time');
        for (let turn = 0; turn < 20; turn++, sent++) api.supervisor.events.publish('panic', { pool, panic: true });
        await until('the other to have read', () => other.events.length >= sent);
      }
      assert.equal(other.events.length, sent);
      assert.equal(api.supervisor.events.counts.open, 1);
      assert.match(
        (await api.operate('GET', '/metrics')).text,
        /^edgebalancer_event_streams_ended_total\{reason="slow"\} 1$/m,
      );
    });

    test('draining says so, ends the streams in order, and is not held up by them', async (t) => {
      const api = await administer(t, { backends });
      const clients = await Promise.all(Array.from({ length: 5 }, () => begin(t, portOf(api), { query: CHANGES })));
      assert.equal(await api.supervisor.drain(60_000), 0, 'none was cut by the end of the grace');
      for (const client of clients) {
        assert.equal(await client.untilOver(), 'ended');
        assert.equal(shown(client.events.at(-1) as Heard), 'drain {"graceMs":60000}');
      }
    });
  });
}

test('requests that fail open a circuit, and that is told with its cause', async (t) => {
  const failing = createServer((_, response) => response.writeHead(500).end());
  await new Promise<void>((resolve) => failing.listen(0, '127.0.0.1', resolve));
  t.after(() => failing.close());
  const bad = `http://127.0.0.1:${(failing.address() as AddressInfo).port}`;
  const api = await administer(t, { backends: [...backends, { id: 'bad', url: bad }] });
  const client = await begin(t, api.adminPort, { query: '?types=circuit' });
  for (let turn = 0; turn < 20; turn++) await ask(api.port, '/proxy/x');
  const { data } = await client.heard('it to open', () => true);
  assert.deepEqual([data.pool, data.backend, data.circuit, data.cause], ['app', 'bad', 'open', 'failures-in-a-row']);
  assert.match(data.detail, /failures in a row/);
});

test('a file that changes is told: what was taken, and what was refused', async (t) => {
  const api = await administer(t, { backends });
  const client = await begin(t, api.adminPort, { query: '?types=config,reload' });
  await api.supervisor.reload(
    await draftFrom(
      configOf({ backends, strategy: 'random', admin: '127.0.0.1:0', adminSettings: { publicRead: true } }),
    ),
  );
  const { data } = await client.heard('the file', ({ type }) => type === 'config' || type === 'reload');
  assert.deepEqual([data.revision, data.source, data.by?.name], [2, 'file', 'file']);
});

test('publicRead opens the stream, and closes those of nobody when it is taken back', async (t) => {
  const api = await administer(t, { backends, adminSettings: { publicRead: true } });
  const client = await (await EventClient.open(api.adminPort)).begun();
  const { data, headers } = await api.operate('GET', '/admin/config');
  const config = { ...data.config, admin: { ...data.config.admin, publicRead: false } };
  const { status, text } = await api.operate('PUT', '/admin/config', {
    body: config,
    headers: { 'if-match': String(headers.etag) },
  });
  assert.equal(status, 200, text);
  assert.equal(await client.untilOver(), 'ended');
});

test('places are bounded: one too many is told to wait', async (t) => {
  const api = await administer(t, { backends });
  const clients = await Promise.all(Array.from({ length: 32 }, () => begin(t, api.adminPort)));
  const { status, headers, data } = await callAdmin(api.adminPort, 'GET', '/admin/events', { token: VIEWER });
  assert.equal(status, 503);
  assert.match(String(headers['retry-after']), /^\d+$/);
  assert.match(data.detail, /At most 128 may listen at a time, 32 with one token/);
  (await begin(t, api.adminPort, { token: OPERATOR })).close();
  clients[0]?.close();
  await until('a place', async () => {
    const client = await EventClient.open(api.adminPort, { token: VIEWER });
    client.close();
    return client.status === 200;
  });
});

test('SIGTERM is not held up by streams, and leaves nothing behind', async (t) => {
  const file = join(temporaryDirectory(t), 'edgebalancer.yaml');
  writeFileSync(file, JSON.stringify(configOf({ backends })));
  const program = new Program(t, ['run', file]);
  const [, port] = await program.says(/"listener":"public","address":"127\.0\.0\.1:(\d+)"/);
  const client = await (await EventClient.open(Number(port), { token: PROGRAM_TOKEN })).begun();
  program.signal('SIGTERM');
  assert.equal(await client.untilOver(), 'ended');
  assert.equal(client.changes.at(-1)?.type, 'drain');
  assert.equal(await program.end(), 0);
  assert.doesNotMatch(program.stdout, /have been cut/);
  assert.deepEqual(program.leftovers(), []);
});

function slotOf(api: Administered): number {
  return api.supervisor.plan.pools[0]?.backends[0]?.slot as number;
}
