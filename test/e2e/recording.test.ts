/** What is recorded of real traffic: `GET /admin/recording`, `edgebalancer recording`, and a replay without a running EdgeBalancer. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { RecordingAnswer } from '#contract/recording.ts';
import type { SimulateAnswer } from '#contract/simulate.ts';
import { recordingAnswer } from '#control/admin/answers-recording.ts';
import { administer, callAdmin, VIEWER, type Administered } from '../support/admin-client.ts';
import { runCommand } from '../support/command-run.ts';
import { ask } from '../support/origin.ts';
import { until } from '../support/until.ts';

const PLACES = 2;
const WORK_MS = 8;
const CLIENTS = 12;
const REQUESTS = 600;

/** A backend that works on two requests side by side, in the order in which they come, for as long each. */
async function placesOf(t: TestContext): Promise<string> {
  const free = new Array<number>(PLACES).fill(0);
  const server = createServer((_, reply) => {
    const now = performance.now();
    const first = free.indexOf(Math.min(...free));
    free[first] = Math.max(now, free[first]!) + WORK_MS;
    setTimeout(() => reply.end('x'.repeat(3000)), free[first]! - now);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function loaded(t: TestContext): Promise<Administered> {
  const backends = [
    { id: 'a', url: await placesOf(t) },
    { id: 'b', url: await placesOf(t) },
  ];
  const balancer = await administer(t, { backends, adminSettings: { publicRead: false } });
  let left = REQUESTS;
  const client = async (): Promise<void> => {
    while (left-- > 0) assert.equal((await ask(balancer.port, '/proxy/')).status, 200);
  };
  // By turns few and many, so that backends are seen idle and full.
  await Promise.all(Array.from({ length: 2 }, client));
  left = REQUESTS;
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return balancer;
}

const recordingOf = ({ adminPort }: Administered, query = '') =>
  callAdmin(adminPort, 'GET', `/admin/recording${query}`, { token: VIEWER });

test('a pool is recorded: arrivals, times by load, places, sizes; and the file replays', async (t) => {
  const balancer = await loaded(t);
  let answer!: RecordingAnswer;
  // The last steps of time are still being written.
  await until('all arrivals are there', async () => {
    const { status, data } = await recordingOf(balancer);
    assert.equal(status, 200);
    answer = recordingAnswer.parse(data);
    return answer.pools[0]!.arrivals.counts.reduce((sum, count) => sum + count, 0) >= 2 * REQUESTS;
  });
  assert.deepEqual(answer.pools.map(({ pool }) => pool), ['app']); // prettier-ignore
  const [pool] = answer.pools;
  const attempts = pool!.backends.flatMap(({ levels }) => levels).reduce((sum, level) => sum + level.attempts, 0);
  assert.equal(attempts, 2 * REQUESTS);
  assert.deepEqual(
    pool!.sizes.answers.map(([below]) => below),
    [4096],
  );
  const [model] = answer.models;
  for (const { service, failures } of model!.traffic.backends) {
    assert.equal(service.kind, 'quantiles');
    assert.deepEqual(failures, []);
    if (service.kind === 'quantiles') assert.ok(service.ms[2]! >= WORK_MS * 0.9);
  }

  const directory = mkdtempSync(join(tmpdir(), 'recording-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const admin = ['--admin', `http://127.0.0.1:${balancer.adminPort}`];
  const env = { EDGEBALANCER_TOKEN: VIEWER };
  const told = await runCommand(['recording', ...admin], { env });
  assert.equal(told.code, 0, told.err);
  assert.match(told.out, /Pool app: 1200 requests in .* answers of less than 4 KiB/);
  assert.match(told.out, /^a +\d+ /m);
  const file = join(directory, 'r.json');
  const saved = await runCommand(['recording', '--save', file, ...admin], { env });
  assert.equal(saved.code, 0, saved.err);
  assert.equal((JSON.parse(readFileSync(file, 'utf8')) as RecordingAnswer).kind, 'recording');
  const replay = await runCommand(['simulate', '--from', file, '--without', 'a', '--json'], { env: {} });
  assert.equal(replay.code, 0, replay.err);
  assert.deepEqual(
    (JSON.parse(replay.out) as SimulateAnswer).alternatives[0]?.backends.map(({ id }) => id),
    ['b'],
  );
});

test('without traffic there is no model, and a pool that is not there is a 404', async (t) => {
  const balancer = await administer(t, { backends: [{ id: 'a', url: await placesOf(t) }], adminSettings: { publicRead: false } }); // prettier-ignore
  const { data } = await recordingOf(balancer, '?pool=app');
  assert.deepEqual((data as unknown as RecordingAnswer).models, []);
  const missing = await recordingOf(balancer, '?pool=ap');
  assert.equal(missing.status, 404);
  assert.match(missing.data.detail as string, /did you mean `app`/);
  assert.equal((await callAdmin(balancer.adminPort, 'GET', '/admin/recording', {})).status, 401);
});
