import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { systemTimers } from '#supervisor/system-timers.ts';
import { certificate, type Certificate } from '../../../test/support/certificate.ts';
import { KUBERNETES_TOKEN, KubernetesServer } from '../../../test/support/kubernetes-server.ts';
import { need } from '../../../test/support/needs.ts';
import { until } from '../../../test/support/until.ts';
import { inCluster, kubernetesApi } from '../kubernetes-api.ts';
import type { Member } from '../member.ts';
import { KubernetesSource } from './kubernetes.ts';

interface Access {
  readonly token?: string;
  /** Of the server, and the authority that is believed. */
  readonly tls?: Certificate;
  readonly authority?: string;
}

async function followed(t: TestContext, begin: (server: KubernetesServer) => void, access: Access = {}) {
  const { token = KUBERNETES_TOKEN, tls = null, authority = null } = access;
  const server = await KubernetesServer.start(tls);
  t.after(() => server.stop());
  begin(server);
  const seen = { ids: [] as string[], members: [] as readonly Member[], failures: [] as string[] };
  const source = new KubernetesSource(
    { namespace: 'shop', service: 'app', port: 'http', interval: 1000 },
    kubernetesApi({
      url: server.url,
      ca: () => Promise.resolve(authority === null ? null : Buffer.from(authority)),
      token: () => Promise.resolve(token),
    }),
    {
      answer: (members) => {
        seen.members = members;
        seen.ids = members.map(({ id }) => id).sort();
      },
      failure: (why) => void seen.failures.push(why),
    },
    systemTimers,
  );
  t.after(() => source.stop());
  const ids = (...wanted: string[]) =>
    until(`${wanted.join()} (have ${seen.ids.join()})`, () => seen.ids.join() === wanted.join());
  return { server, seen, ids };
}

test('slices are listed by pages and watched; what is not ready is left out, what ends is drained', async (t) => {
  const { server, seen, ids } = await followed(t, (api) => {
    api.set({ name: 'app-1', endpoints: [{ ip: '10.0.0.1', pod: 'app-a' }, { ip: '10.0.0.2' }] });
    api.set({ name: 'app-2', endpoints: [{ ip: '10.0.0.3', pod: 'app-c' }] });
    api.set({ name: 'app-3', endpoints: [{ ip: '10.0.0.4', pod: 'app-d', ready: false }] });
  });
  await ids('10.0.0.2:8080', 'app-a', 'app-c');
  assert.deepEqual(seen.members.find(({ id }) => id === 'app-a'), { id: 'app-a', host: '10.0.0.1', port: 8080, weight: 1, tier: 0, state: 'active' }); // prettier-ignore
  await until('it watches', () => server.watching === 1);
  server.set({ name: 'app-3', endpoints: [{ ip: '10.0.0.4', pod: 'app-d' }] });
  await ids('10.0.0.2:8080', 'app-a', 'app-c', 'app-d');
  server.set({
    name: 'app-2',
    endpoints: [{ ip: '10.0.0.3', pod: 'app-c', ready: false, serving: true, terminating: true }],
  });
  await until('app-c drains', () => seen.members.find(({ id }) => id === 'app-c')?.state === 'draining');
  server.delete('app-2');
  await ids('10.0.0.2:8080', 'app-a', 'app-d');
  assert.deepEqual(server.asked.map((one) => one.split(' ')[0]), ['list', 'watch']); // prettier-ignore
});

test('a watch that breaks off goes on from the last bookmark, without a new list', async (t) => {
  const { server, seen, ids } = await followed(t, (api) =>
    api.set({ name: 's', endpoints: [{ ip: '10.0.0.1', pod: 'a' }] }),
  );
  await ids('a');
  await until('it watches', () => server.watching === 1);
  server.bookmark();
  server.set({ name: 's2', endpoints: [{ ip: '10.0.0.2', pod: 'b' }] });
  await ids('a', 'b');
  server.cut();
  await until('it watches again', () => server.asked.length === 3 && server.watching === 1);
  assert.deepEqual(server.asked, ['list', 'watch 101', 'watch 112']);
  assert.equal(seen.failures.length, 1, 'a connection that broke off is told');
  server.set({ name: 's3', endpoints: [{ ip: '10.0.0.3', pod: 'c' }] });
  await ids('a', 'b', 'c');
});

test('a version that is too old is a reason to list anew: what happened meanwhile is found', async (t) => {
  const { server, seen, ids } = await followed(t, (api) =>
    api.set({ name: 's', endpoints: [{ ip: '10.0.0.1', pod: 'a' }] }),
  );
  await ids('a');
  await until('it watches', () => server.watching === 1);
  server.silently(() => {
    server.delete('s');
    server.set({ name: 'new', endpoints: [{ ip: '10.0.0.9', pod: 'z' }] });
  });
  server.gone();
  await ids('z');
  assert.deepEqual(seen.failures, []);
});

test('no endpoint, a refused token and a server that is down are failures that say what is wrong', async (t) => {
  const none = await followed(t, () => {});
  await until('it failed', () => none.seen.failures.length > 0);
  assert.match(none.seen.failures[0]!, /service app of namespace shop has no endpoint that is ready/);
  const wrong = await followed(t, (api) => api.set({ name: 's', endpoints: [{ ip: '10.0.0.1' }] }), { token: 'wrong' });
  await until('it failed', () => wrong.seen.failures.length > 0);
  assert.match(wrong.seen.failures[0]!, /answered 401: Unauthorized/);
  const forbidden = await followed(t, (api) => (api.status = 403));
  await until('it failed', () => forbidden.seen.failures.length > 0);
  assert.match(forbidden.seen.failures[0]!, /needs `list` and `watch` on `endpointslices`/);
  forbidden.server.status = 200;
  forbidden.server.set({ name: 's', endpoints: [{ ip: '10.0.0.1', pod: 'a' }] });
  await forbidden.ids('a');
  assert.throws(() => inCluster({}), /KUBERNETES_SERVICE_HOST is not set/);
  assert.equal(inCluster({ KUBERNETES_SERVICE_HOST: 'fd00::1' }).url.href, 'https://[fd00::1]/');
});

test('TLS: the cluster’s authority is believed, another’s is not', { skip: need('openssl') }, async (t) => {
  const [tls, others] = [certificate(t), certificate(t)];
  const begin = (api: KubernetesServer): void => api.set({ name: 's', endpoints: [{ ip: '10.0.0.1', pod: 'a' }] });
  const { ids, server } = await followed(t, begin, { tls, authority: tls.authority });
  await ids('a');
  await until('it watches', () => server.watching === 1);
  server.set({
    name: 's',
    endpoints: [
      { ip: '10.0.0.1', pod: 'a' },
      { ip: '10.0.0.2', pod: 'b' },
    ],
  });
  await ids('a', 'b');
  const deceived = await followed(t, begin, { tls, authority: others.authority });
  await until('it is refused', () => deceived.seen.failures.length > 0);
  assert.match(deceived.seen.failures[0]!, /does not answer: .*certificate/);
  assert.deepEqual(deceived.server.asked, [], 'and was not shown the token');
});
