/** Discovery in a running balancer: traffic follows what is found, what operators set stays, and a source that fails harms nobody. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { BackendsAnswer, PoolEntry } from '#contract/admin.ts';
import { administer, type Administered } from '../support/admin-client.ts';
import { DnsServer } from '../support/dns-server.ts';
import { ask, Origin } from '../support/origin.ts';
import { until } from '../support/until.ts';

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'discovery-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

async function origins(t: TestContext, ...ids: string[]): Promise<Origin[]> {
  const started = await Promise.all(ids.map((id) => Origin.start(id)));
  t.after(() => Promise.all(started.map((origin) => origin.stop())));
  return started;
}

/** As an editor or a deployment replaces a file: written beside it, then renamed. */
function replace(path: string, text: string): void {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

async function poolOf(balancer: Administered): Promise<PoolEntry> {
  const { data } = await balancer.operate('GET', '/admin/backends');
  return (data as unknown as BackendsAnswer).pools[0]!;
}

const idsOf = async (balancer: Administered): Promise<string> =>
  (await poolOf(balancer)).backends.map(({ id }) => id).join();

async function answering(balancer: Administered, requests: number): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (let sent = 0; sent < requests; sent++) {
    const { status, body } = await ask(balancer.port, '/proxy/');
    assert.equal(status, 200);
    const by = body;
    counts[by] = (counts[by] ?? 0) + 1;
  }
  return counts;
}

test('a file: read at the start, obeyed as it changes, and what stays keeps what is known of it', async (t) => {
  const [a, b, c] = (await origins(t, 'a', 'b', 'c')) as [Origin, Origin, Origin];
  const path = join(folder(t), 'backends.yaml');
  const entry = (id: string, { url }: Origin): string => `- { id: ${id}, url: "${url}" }\n`;
  writeFileSync(path, entry('a', a) + entry('b', b));
  const balancer = await administer(t, { backends: [], pool: { discovery: { file: { path, interval: '1s' } } } });
  assert.equal(await idsOf(balancer), 'a,b', 'the start waits for the first answer');
  const before = await answering(balancer, 20);
  const { revision } = balancer.supervisor.plan;
  replace(path, entry('b', b) + entry('c', c));
  await until('c is there', async () => (await idsOf(balancer)) === 'b,c');
  const kept = (await poolOf(balancer)).backends.find(({ id }) => id === 'b');
  assert.ok((kept?.requests ?? 0) >= 10 && before !== undefined, 'what is known of b is kept');
  assert.equal(balancer.supervisor.plan.revision, revision, 'no new revision of the configuration');
  await until('a gets nothing', async () => !('a' in (await answering(balancer, 4))));

  // A mistake keeps what was there, and says where it is.
  replace(path, '- { id: b, url: "ftp://x" }\n');
  const problem = await until('it fails', async () => (await poolOf(balancer)).discovery?.problem || null);
  assert.match(problem, /backends\.yaml:1:\d+: .*url/);
  assert.equal((await poolOf(balancer)).discovery?.state, 'kept');
  assert.equal(await idsOf(balancer), 'b,c');
  replace(path, entry('a', a));
  await until('it works again', async () => (await idsOf(balancer)) === 'a');
  assert.equal((await poolOf(balancer)).discovery?.state, 'current');
});

test('a ConfigMap: the symlink further up is swapped', async (t) => {
  const [a, b] = (await origins(t, 'a', 'b')) as [Origin, Origin];
  const mount = folder(t);
  const version = (name: string, { url }: Origin): void => {
    mkdirSync(join(mount, name));
    writeFileSync(join(mount, name, 'backends.json'), JSON.stringify([url]));
  };
  version('..v1', a);
  symlinkSync('..v1', join(mount, '..data'));
  symlinkSync('..data/backends.json', join(mount, 'backends.json'));
  const path = join(mount, 'backends.json');
  const balancer = await administer(t, { backends: [], pool: { discovery: { file: { path, interval: '60s' } } } });
  assert.deepEqual(Object.keys(await answering(balancer, 2)), ['a']);
  version('..v2', b);
  symlinkSync('..v2', join(mount, '..data_tmp'));
  renameSync(join(mount, '..data_tmp'), join(mount, '..data'));
  await until('b answers', async () => 'b' in (await answering(balancer, 1)));
});

test('DNS: a backend for each address; a server that fails keeps them for so long', async (t) => {
  const dns = await DnsServer.start();
  t.after(() => dns.stop());
  const a = (data: string) => ({ name: 'app.test', type: 'A', ttl: 1, data }) as const;
  dns.records = [a('127.0.0.1'), a('127.0.0.2')];
  const [origin] = (await origins(t, 'a')) as [Origin];
  const port = Number(new URL(origin.url).port);
  const discovery = { dns: { name: 'app.test', port, server: dns.address, interval: '1s' }, keepFor: '2s' };
  const balancer = await administer(t, { backends: [], pool: { discovery } });
  assert.equal(await idsOf(balancer), `127.0.0.1:${port},127.0.0.2:${port}`);
  dns.fails = 'servfail';
  await until('it is kept', async () => (await poolOf(balancer)).discovery?.state === 'kept');
  assert.equal((await poolOf(balancer)).backends.length, 2);
  await until('it has expired', async () => (await poolOf(balancer)).discovery?.state === 'expired');
  await until('they are gone', async () => (await poolOf(balancer)).backends.length === 0);
  assert.equal((await ask(balancer.port, '/proxy/')).status, 503);
  dns.fails = 'no';
  await until('they are back', async () => (await poolOf(balancer)).backends.length === 2);
  const { text } = await balancer.operate('GET', '/metrics');
  assert.match(text, /^edgebalancer_discovery_backends\{pool="app",source="dns"\} 2$/m);
});

test('what an operator sets of a backend that was found survives its being found again', async (t) => {
  const [a, b] = (await origins(t, 'a', 'b')) as [Origin, Origin];
  const path = join(folder(t), 'backends.json');
  const write = (...list: object[]): void => replace(path, JSON.stringify(list));
  write({ id: 'a', url: a.url }, { id: 'b', url: b.url });
  const balancer = await administer(t, { backends: [], pool: { discovery: { file: { path, interval: '1s' } } } });
  const drained = await balancer.operate('PATCH', '/admin/backends/app/a', { body: { state: 'draining' } });
  assert.equal(drained.status, 200, drained.text);
  assert.deepEqual(Object.keys(await answering(balancer, 4)), ['b']);
  write({ id: 'b', url: b.url });
  await until('a is gone', async () => (await idsOf(balancer)) === 'b');
  write({ id: 'a', url: a.url }, { id: 'b', url: b.url });
  await until('a is back', async () => (await idsOf(balancer)) === 'a,b');
  assert.equal((await poolOf(balancer)).backends[0]?.state, 'draining');
  const moved = await balancer.operate('PATCH', '/admin/backends/app/a', { body: { url: b.url } });
  assert.equal(moved.status, 409);
  assert.match(moved.text, /found by `discovery`/);
  const removed = await balancer.operate('DELETE', '/admin/backends/app/a');
  assert.equal(removed.status, 409);
  assert.match(removed.text, /state: maintenance/);
  const back = await balancer.operate('PATCH', '/admin/backends/app/a', { body: { state: 'active', weight: 3 } });
  assert.equal(back.status, 200);
  assert.equal((await poolOf(balancer)).backends[0]?.weight, 3);
});

test('thousands of members that change all the time: none is lost, and requests go on', async (t) => {
  const [a] = (await origins(t, 'a')) as [Origin];
  const path = join(folder(t), 'backends.json');
  const others = (from: number, count: number): object[] =>
    Array.from({ length: count }, (_, at) => ({
      id: `m${from + at}`,
      url: `http://10.${((from + at) >> 16) & 255}.${((from + at) >> 8) & 255}.${(from + at) & 255}:80`,
      weight: 0,
    }));
  const write = (from: number): void => replace(path, JSON.stringify([{ id: 'a', url: a.url }, ...others(from, 4999)]));
  write(0);
  const balancer = await administer(t, { backends: [], pool: { discovery: { file: { path, interval: '1s' } } } });
  assert.equal((await poolOf(balancer)).backends.length, 5000);
  const plan = () => balancer.supervisor.plan.pools[0]!.backends;
  // Replaced more often than the slot table has room for at one time.
  for (let from = 1500; from <= 6000; from += 1500) {
    write(from);
    // Asked of the supervisor: a report of 5,000 backends takes longer than a change.
    await until(`from ${from}`, () => plan().some(({ id }) => id === `m${from + 4998}`), 60_000);
    assert.deepEqual(await answering(balancer, 3), { a: 3 });
  }
  const found = (await poolOf(balancer)).backends.map(({ id }) => id);
  assert.equal(found.length, 5000);
  assert.equal(new Set(found).size, 5000);
  assert.equal((await poolOf(balancer)).backends.find(({ id }) => id === 'a')?.requests, 12);
});
