/** What `/metrics` says of connections, and that no count is lost when a worker dies. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type { WorkerHandle } from '#supervisor/worker-handle.ts';
import { MetricSamples } from '../support/metric-samples.ts';
import { Origin, ask } from '../support/origin.ts';
import { RawClient } from '../support/raw-client.ts';
import { supervise } from '../support/supervised.ts';
import { until } from '../support/until.ts';

const origin = await Origin.start('a');
after(() => origin.stop());
const GET = 'GET /proxy/x HTTP/1.1\r\nHost: test\r\n\r\n';
const read = async (port: number): Promise<MetricSamples> => new MetricSamples((await ask(port, '/metrics')).body);

describe('metrics of a running balancer', () => {
  test('no count is lost when a worker dies, and nothing that it held is left', async (t) => {
    const backends = [{ id: 'a', url: origin.url }];
    const { supervisor, port } = await supervise(t, { workers: 2, backends, admin: '127.0.0.1:0' });
    const requests = 60;
    for (let at = 0; at < requests; at++) assert.equal((await ask(port, '/proxy/x')).status, 200);
    origin.hold();
    const clients: RawClient[] = [];
    const busy = (): number => supervisor.tables.counters.routeInFlight(supervisor.plan.routes[0]!.row);
    // As many as it takes for each worker to hold one.
    const held = (row: number): number =>
      supervisor.tables.counters.rows[row]!.slotConnections.reduce((sum, count) => sum + count, 0);
    while (held(0) === 0 || held(1) === 0 || clients.length < 4) {
      const client = await RawClient.connect({ port, methods: ['GET'] });
      clients.push(client);
      client.send(GET);
      await until('the request to be with the backend', () => busy() === clients.length);
    }
    const before = await read(supervisor.adminPort);
    assert.equal(before.sum('edgebalancer_requests_in_flight', { route: 'app' }), clients.length);
    assert.equal(before.sum('edgebalancer_connections', { state: 'active' }), clients.length);
    assert.equal(before.sum('edgebalancer_upstream_connections', { state: 'active' }), clients.length);

    for (const victim of supervisor.workers as WorkerHandle[]) await victim.thread.terminate();
    await until(
      'others to listen',
      () => supervisor.workerRestarts === 2 && supervisor.workers.every((worker) => worker.state === 'listening'),
    );
    origin.release();
    const dead = await read(supervisor.adminPort);
    for (const gauge of [
      'edgebalancer_requests_in_flight',
      'edgebalancer_connections',
      'edgebalancer_upstream_connections',
    ])
      assert.equal(dead.sum(gauge), 0, gauge);
    for (const name of [
      'edgebalancer_requests_total',
      'edgebalancer_request_duration_seconds_count',
      'edgebalancer_upstream_requests_total',
      'edgebalancer_upstream_connect_seconds_count',
      'edgebalancer_upstream_duration_seconds_count',
      'edgebalancer_bytes_total',
      'edgebalancer_accepts_total',
    ])
      assert.equal(dead.sum(name), before.sum(name), name);
    assert.equal(dead.sum('edgebalancer_requests_total'), requests);

    for (let at = 0; at < requests; at++) assert.equal((await ask(port, '/proxy/x')).status, 200);
    // A worker counts a request a moment after its answer has gone out.
    const again = await until('successors to go on where they left off', async () => {
      const samples = await read(supervisor.adminPort);
      return samples.sum('edgebalancer_requests_total') >= 2 * requests ? samples : null;
    });
    assert.equal(again.sum('edgebalancer_requests_total'), 2 * requests);
    assert.equal(again.sum('edgebalancer_request_duration_seconds_count', { route: 'app' }), 2 * requests);
    for (const client of clients) client.destroy();
  });

  test('connections to backends are made, used and kept', async (t) => {
    const { supervisor, port } = await supervise(t, {
      backends: [{ id: 'a', url: origin.url }],
      admin: '127.0.0.1:0',
    });
    const { adminPort } = supervisor;
    for (let at = 0; at < 5; at++) await ask(port, '/proxy/x');
    // The last answer has gone out a moment before its connection is kept.
    const states = await until('the connection to be kept', async () => {
      const samples = await read(adminPort);
      return samples.sum('edgebalancer_upstream_connections', { state: 'idle' }) === 1 ? samples : null;
    });
    assert.deepEqual(states.by('state', 'edgebalancer_upstream_connections'), { idle: 1 });
    assert.equal(states.sum('edgebalancer_upstream_connect_seconds_count'), 1, 'one connection was made, and kept');
    assert.ok(states.sum('edgebalancer_upstream_connect_seconds_sum') > 0);
    assert.ok(states.sum('nodejs_eventloop_time_seconds_total', { thread: 'worker-0', state: 'active' }) > 0);
    await until('the loop to be looked at', async () => {
      return (await read(adminPort)).sum('nodejs_eventloop_lag_seconds_count', { thread: 'worker-0' }) > 0;
    });
    const client = await RawClient.connect({ port, methods: ['GET'] });
    await until('an unused connection', async () => {
      return (await read(adminPort)).sum('edgebalancer_connections', { state: 'idle' }) === 1;
    });
    client.destroy();
    assert.ok(states.sum('process_open_fds') > 3);
    assert.ok(states.sum('process_max_fds') >= states.sum('process_open_fds'));
  });

  test('a scraper gets the form that it asks for', async (t) => {
    const { supervisor } = await supervise(t, { backends: [{ id: 'a', url: origin.url }], admin: '127.0.0.1:0' });
    const get = async (accept: string): Promise<Response> =>
      fetch(`http://127.0.0.1:${supervisor.adminPort}/metrics`, { headers: { accept } });
    const open = await get('application/openmetrics-text;version=1.0.0,text/plain;q=0.5');
    assert.equal(open.headers.get('content-type'), 'application/openmetrics-text; version=1.0.0; charset=utf-8');
    assert.equal(open.headers.get('vary'), 'accept');
    assert.ok((await open.text()).endsWith('\n# EOF\n'));
    const text = await get('text/plain');
    assert.equal(text.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
    assert.ok(!(await text.text()).includes('# EOF'));
  });
});
