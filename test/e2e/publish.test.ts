/** A new plan is swapped in under running traffic; a worker that drains tells its clients. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HealthState } from '#core/health-state.ts';
import { planFor, startPlane } from '../support/plane.ts';
import { WireServer, dial } from '../support/wire.ts';

const GET = 'GET /x HTTP/1.1\r\nHost: a.example\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

test('an exchange that has begun ends under its plan; the next obeys the new one; in-flight counts stay true', async (t) => {
  const [old, now] = [new WireServer(), new WireServer()];
  t.after(() => [old, now].forEach((server) => server.close()));
  const ports = [await old.listen(), await now.listen()];
  const { plane, port, tables } = await startPlane(t, { ports: [ports[0]!] });
  tables.slots.health[2] = HealthState.unchecked;
  tables.slots.weight[2] = 1;
  const client = await dial(port);
  t.after(() => client.socket.destroy());
  client.send(GET);
  const first = await old.accept();
  await first.message();
  const next = planFor({ ports }, 2);
  plane.publish({ ...next, pools: [{ ...next.pools[0]!, backends: [next.pools[0]!.backends[1]!] }] });
  assert.equal(tables.slots.total[1], 1);
  first.send(OK);
  assert.equal((await client.message()).body, 'ok');
  assert.equal(tables.slots.total[1], 0);
  await first.end();
  client.send(GET);
  const second = await now.accept();
  await second.message();
  second.send(OK);
  assert.equal((await client.message()).body, 'ok');
});

test('a backend that stays keeps its connections over a new plan', async (t) => {
  const server = new WireServer();
  t.after(() => server.close());
  const ports = [await server.listen()];
  const { plane, port } = await startPlane(t, { ports });
  const client = await dial(port);
  t.after(() => client.socket.destroy());
  for (let revision = 2; revision < 5; revision++) {
    client.send(GET);
    if (revision === 2) await server.accept().then((backend) => backend.socket.on('data', () => backend.send(OK)));
    await client.message();
    plane.publish(planFor({ ports }, revision));
  }
  assert.equal(server.accepted, 1);
});

test('draining: what runs is finished and told to close, idle connections are closed, new ones are not accepted', async (t) => {
  const server = new WireServer();
  t.after(() => server.close());
  const { plane, port } = await startPlane(t, { ports: [await server.listen()] });
  const [busy, idle] = [await dial(port), await dial(port)];
  busy.send(GET);
  const backend = await server.accept();
  await backend.message();
  const drained = plane.drain(5000, 0);
  await idle.gone();
  await assert.rejects(dial(port), /ECONNREFUSED/);
  backend.send(OK);
  const { head, body } = await busy.message();
  assert.match(head, /connection: close\r\n/);
  assert.equal(body, 'ok');
  await busy.gone();
  assert.equal(await drained, 0);
});

test('draining cuts what outlives the grace', async (t) => {
  const server = new WireServer();
  t.after(() => server.close());
  const { plane, port, tables } = await startPlane(t, { ports: [await server.listen()] });
  const client = await dial(port);
  client.send(GET);
  await (await server.accept()).message();
  assert.equal(await plane.drain(50, 0), 1);
  await client.gone();
  assert.equal(tables.slots.total[1], 0);
});
