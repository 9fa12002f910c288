/** Those who are told to wait do wait: the answer comes later, and nothing is read meanwhile. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { createConnection, Socket, type AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { until } from '../../../test/support/until.ts';
import { VirtualTimers } from '../../../test/support/virtual-timers.ts';
import { HeldAnswers } from './held-answers.ts';

const MORE_THAN_ARE_HELD = 300;
const REQUEST = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

describe('answers to those who are told to wait', () => {
  test('come a second later, and until then nothing is read', async () => {
    const timers = new VirtualTimers();
    const held = new HeldAnswers(timers);
    const socket = new Socket();
    let answered = 0;
    held.hold(socket, 'own', () => (answered += 1));
    await timers.advance(999);
    assert.equal(socket.isPaused(), true);
    assert.equal(answered, 0);
    await timers.advance(1);
    assert.equal(answered, 1);
    assert.equal(socket.isPaused(), false);
  });

  test('leave requests that were sent meanwhile unread', async (t) => {
    const timers = new VirtualTimers();
    const held = new HeldAnswers(timers);
    let asked = 0;
    const server = createServer((request, response) => {
      asked += 1;
      held.hold(request.socket, 'own', () => void response.writeHead(429).end());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => {
      server.closeAllConnections();
      server.close();
    });
    const client = createConnection({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' });
    t.after(() => client.destroy());
    let answers = 0;
    client.on('data', (part) => (answers += part.toString().split('HTTP/1.1 429').length - 1));
    client.write(REQUEST);
    await until('the first is held', () => timers.pending === 1);
    client.write(REQUEST);
    // What is sent after it reaches another connection's handler: by then the second has been there for long.
    const other = createConnection({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' });
    t.after(() => other.destroy());
    other.write(REQUEST);
    await until('the other asks', () => timers.pending === 2);
    assert.equal(asked, 2, 'the second request was read');
    await timers.advance(1000);
    await until('the second is read', () => asked === 3);
    await timers.advance(1000);
    await until('both are answered', () => answers === 2);
  });

  test("come at once on a worker's connection, which others wait for", () => {
    const held = new HeldAnswers(new VirtualTimers());
    const socket = new Socket();
    let answered = 0;
    held.hold(socket, 'worker', () => (answered += 1));
    assert.equal(answered, 1);
    assert.equal(socket.isPaused(), false);
  });

  test('come at once when as many are held as may be', async () => {
    const timers = new VirtualTimers();
    const held = new HeldAnswers(timers);
    let answered = 0;
    for (let at = 0; at < MORE_THAN_ARE_HELD; at++) held.hold(new Socket(), 'own', () => (answered += 1));
    assert.equal(answered, MORE_THAN_ARE_HELD - 256);
    await timers.advance(1000);
    assert.equal(answered, MORE_THAN_ARE_HELD);
  });

  test('are never given once the server closes', async () => {
    const timers = new VirtualTimers();
    const held = new HeldAnswers(timers);
    held.hold(new Socket(), 'own', () => assert.fail('it was answered'));
    held.close();
    await timers.advance(5000);
  });
});
