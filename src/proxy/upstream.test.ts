/** What cannot be arranged with real sockets: a connection that never stands. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HealthState } from '#core/health-state.ts';
import { Outcome } from '#core/outcome.ts';
import { layTables, tablesBytes } from '#memory/tables.ts';
import type { Connection, ConnectionHandler, Transport } from '#transport/transport.ts';
import { planFor } from '../../test/support/plane.ts';
import { DataPlane } from './data-plane.ts';

class FakeConnection implements Connection {
  handler: ConnectionHandler;
  readonly remoteAddress = '192.0.2.1';
  readonly remotePort = 1;
  readonly pendingBytes = 0;
  written = '';
  destroyed = false;
  constructor(handler: ConnectionHandler) {
    this.handler = handler;
  }
  write(buffer: Buffer, start: number, end: number): boolean {
    this.written += buffer.toString('latin1', start, end);
    return true;
  }
  pause(): void {}
  resume(): void {}
  end(): void {}
  destroy(): void {
    this.destroyed = true;
  }
  reset(): void {
    this.destroyed = true;
  }
}

const NOBODY: ConnectionHandler = { onConnect() {}, onRead() {}, onEnd() {}, onDrain() {}, onClose() {} };

test('a connection that does not stand in time is given up: 504, counted as a connect timeout', async () => {
  const capacity = { workers: 1, slots: 8, routes: 2, pools: 2, limits: 2, bucketSets: 2 };
  const tables = layTables(new ArrayBuffer(tablesBytes(capacity)), capacity);
  tables.slots.weight[1] = 1;
  tables.slots.health[1] = HealthState.unchecked;
  const dialled: FakeConnection[] = [];
  let accept: (connection: Connection) => void = () => {};
  const transport: Transport = {
    name: 'fake',
    listen: (_options, onAccept) => {
      accept = onAccept;
      return Promise.resolve({ port: 1, close: () => {} });
    },
    connect: (_address, handler) => {
      const connection = new FakeConnection(handler);
      dialled.push(connection);
      return connection;
    },
  };
  const plane = new DataPlane(transport, tables, 0, planFor({ ports: [9], pool: { timeouts: { connectMs: 2000 } } }));
  await plane.listen('public', 0);
  const client = new FakeConnection(NOBODY);
  accept(client);
  const request = Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  client.handler.onRead(request, 0, request.length);
  assert.equal(tables.slots.total[1], 1, 'in flight while it connects');
  const start = performance.now();
  plane.wheel.advance(start + 1900);
  assert.equal(client.written, '');
  plane.wheel.advance(start + 2200);
  assert.match(client.written, /^HTTP\/1\.1 504 [\s\S]*x-edgebalancer-reason: connect-failed\r\n/);
  assert.equal(dialled[0]?.destroyed, true);
  assert.equal(tables.counters.slotCount(1, Outcome.connectTimeout), 1);
  assert.equal(tables.slots.total[1], 0);
});
