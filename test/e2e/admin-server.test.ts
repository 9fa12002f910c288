/** The admin API under attack: floods, slow and malformed requests, too many connections. */
import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import { describe, test } from 'node:test';
import { administer, callAdmin, OPERATOR } from '../support/admin-client.ts';
import { RawClient } from '../support/raw-client.ts';

/** Statuses of `count` requests over a few connections, and the last refusal's headers. */
async function flood(port: number, path: string, count: number, token?: string) {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const statuses = new Map<number, number>();
  let refusal: Record<string, unknown> = {};
  const one = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
      const outgoing = request({ host: '127.0.0.1', port, path, agent, headers }, (answer) => {
        const status = answer.statusCode ?? 0;
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        if (status === 429) refusal = answer.headers;
        answer.resume().on('end', resolve);
      });
      outgoing.on('error', reject).end();
    });
  await Promise.all(Array.from({ length: count }, one));
  agent.destroy();
  return { statuses, refusal };
}

describe('floods', () => {
  test('are refused beyond the allowance, with when to come back; probes go on', async (t) => {
    const { adminPort: port } = await administer(t);
    const { statuses, refusal } = await flood(port, '/admin/session', 3000);
    // The allowance refills while the flood goes on, however slow the machine is.
    assert.ok((statuses.get(401) ?? 0) >= 1000, 'the burst is looked at');
    assert.ok((statuses.get(429) ?? 0) > 0);
    assert.equal(refusal['retry-after'], '1');
    assert.match(String(refusal['ratelimit-policy']), /^"admin";q=1000;w=5$/);
    assert.match(String(refusal['ratelimit']), /^"admin";r=0;t=1$/);
    assert.match(String(refusal['content-security-policy']), /default-src 'none'/);
    for (const path of ['/healthz', '/readyz']) {
      const probes = await flood(port, path, 1500);
      assert.deepEqual([...probes.statuses], [[200, 1500]], path);
    }
  });

  test('through the listener do not use up what the own address may take', async (t) => {
    const listeners = [{ address: '127.0.0.1:0', trustedProxies: ['127.0.0.1'] }];
    const { port, adminPort } = await administer(t, { listeners });
    const agent = new Agent({ keepAlive: true, maxSockets: 8 });
    const seen = new Set<number | undefined>();
    const headers = { 'x-forwarded-for': '203.0.113.9' };
    const one = (): Promise<void> =>
      new Promise((resolve, reject) => {
        const outgoing = request({ host: '127.0.0.1', port, path: '/admin/session', agent, headers }, (answer) => {
          seen.add(answer.statusCode);
          answer.resume().on('end', resolve);
        });
        outgoing.on('error', reject).end();
      });
    for (let turn = 0; turn < 20 && !seen.has(429); turn++) await Promise.all(Array.from({ length: 200 }, one));
    agent.destroy();
    assert.ok(seen.has(429));
    assert.equal((await callAdmin(adminPort, 'GET', '/admin/overview', { token: OPERATOR })).status, 200);
  });
});

describe('bytes that are no request', () => {
  test('get an answer that repeats nothing, and the connection’s end', async (t) => {
    const { adminPort: port } = await administer(t);
    for (const [bytes, status] of [
      ['GET / HTTP/1.1\r\nHost: x\r\nbad header\r\n\r\n', 400],
      ['secret-bytes\r\n\r\n', 400],
      [`GET / HTTP/1.1\r\nHost: x\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`, 431],
      ['GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 400],
    ] as const) {
      const client = await RawClient.connect({ port });
      await client.send(bytes);
      assert.equal(await client.untilClosed(), true);
      assert.match(client.received, new RegExp(`^HTTP/1\\.1 ${status} `), bytes.slice(0, 40));
      assert.match(client.received, /content-security-policy: default-src 'none'/);
      assert.doesNotMatch(client.received, /secret-bytes/);
    }
  });

  test('a body beyond the limit is refused before it has come', async (t) => {
    const { adminPort: port } = await administer(t);
    for (const [path, length] of [
      ['/admin/tokens', 70_000],
      ['/admin/config', 5_000_000],
    ] as const) {
      const method = path === '/admin/config' ? 'PUT' : 'POST';
      const client = await RawClient.connect({ port });
      t.after(() => client.destroy());
      await client.send(
        `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${OPERATOR}\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n{`,
      );
      assert.equal(await client.until(() => client.received.includes('\r\n\r\n')), true, path);
      assert.match(client.received, /^HTTP\/1\.1 413 /, path);
    }
  });
});

test('one network cannot hold all connections', async (t) => {
  const { adminPort: port } = await administer(t);
  const clients = await Promise.all(Array.from({ length: 80 }, () => RawClient.connect({ port })));
  t.after(() => clients.forEach((client) => client.destroy()));
  const closed = await Promise.all(clients.slice(64).map((client) => client.untilClosed()));
  assert.ok(closed.every(Boolean), 'those beyond the 64th are closed');
  assert.equal(clients.filter((client) => client.closed).length, 16);
});
