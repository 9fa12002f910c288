/** One network has its places and no more; what is too many waits to be closed, and takes nobody's place. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { createConnection, type AddressInfo, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { until } from '../../../test/support/until.ts';
import { VirtualTimers } from '../../../test/support/virtual-timers.ts';
import { OwnConnections } from './own-connections.ts';

const NETWORK_MAX = 64;

test('connections too many of one network are closed a second later, and a place that comes free is given again', async (t) => {
  const timers = new VirtualTimers();
  const own = new OwnConnections(timers);
  const server = createServer((_, response) => response.end('here'));
  own.bound(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const admitted = await Promise.all(Array.from({ length: NETWORK_MAX }, () => connect(t, port)));
  const surplus = [await connect(t, port), await connect(t, port)];
  await until('both wait to be closed', () => own.surplus === surplus.length);
  for (const socket of surplus) socket.write(REQUEST);
  assert.match(await answerOf(admitted[0] as Socket), /here/);
  const closed = surplus.map((socket) => new Promise<void>((resolve) => socket.once('close', () => resolve())));
  const said = surplus.map((socket) => textOf(socket));
  await timers.advance(1000);
  await Promise.all(closed);
  assert.deepEqual(
    said.map((text) => text()),
    ['', ''],
    'they were answered',
  );
  assert.equal(own.surplus, 0);
  (admitted[1] as Socket).destroy();
  await until('the place is free', () => own.open === NETWORK_MAX - 1);
  assert.match(await answerOf(await connect(t, port)), /here/);
});

const REQUEST = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

function connect(t: TestContext, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ port, host: '127.0.0.1' }, () => resolve(socket));
    socket.on('error', reject);
    t.after(() => socket.destroy());
  });
}

function textOf(socket: Socket): () => string {
  let text = '';
  socket.on('data', (part) => (text += part.toString()));
  return () => text;
}

async function answerOf(socket: Socket): Promise<string> {
  const text = textOf(socket);
  socket.write(REQUEST);
  await until('an answer', () => text().includes('here'));
  return text();
}
