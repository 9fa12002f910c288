import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { systemTimers } from '#supervisor/system-timers.ts';
import { DnsServer, type DnsRecord } from '../../../test/support/dns-server.ts';
import { until } from '../../../test/support/until.ts';
import type { Member } from '../member.ts';
import type { Listener, Source } from '../source.ts';
import { dnsSource, srvSource } from './dns.ts';

async function followed(t: TestContext, records: DnsRecord[], begin: (server: string, listener: Listener) => Source) {
  const server = await DnsServer.start();
  t.after(() => server.stop());
  server.records = records;
  const seen = { answers: [] as (readonly Member[])[], failures: [] as string[] };
  const source = begin(server.address, {
    answer: (members) => void seen.answers.push(members),
    failure: (why) => void seen.failures.push(why),
  });
  t.after(() => source.stop());
  return { server, seen };
}

const a = (data: string, ttl = 1): DnsRecord => ({ name: 'app.test', type: 'A', ttl, data });

test('addresses of a name, asked again when their time is over', async (t) => {
  const { server, seen } = await followed(t, [a('10.0.0.1'), a('10.0.0.2')], (address, listener) =>
    dnsSource({ name: 'app.test', port: 80, server: address, interval: 60_000 }, listener, systemTimers),
  );
  await until('it was answered', () => seen.answers.length > 0);
  const member = (host: string): Member => ({ id: `${host}:80`, host, port: 80, weight: 1, tier: 0, state: 'active' });
  assert.deepEqual(seen.answers[0], [member('10.0.0.1'), member('10.0.0.2')]);
  server.records = [a('10.0.0.2'), a('10.0.0.3')];
  // Sixty seconds lie between two looks, but the answer held for one.
  await until('the new address is there', () => seen.answers.at(-1)?.some(({ host }) => host === '10.0.0.3'));
  server.records = [{ name: 'app.test', type: 'AAAA', ttl: 1, data: 'fd00::7' }];
  await until('the other family', () => seen.answers.at(-1)?.some(({ id }) => id === '[fd00::7]:80'));
});

test('an answer that is too long for UDP is asked for by TCP, and whole', async (t) => {
  const many = Array.from({ length: 100 }, (_, at) => a(`10.0.1.${at}`, 60));
  const { server, seen } = await followed(t, many, (address, listener) =>
    dnsSource({ name: 'app.test', port: 80, server: address, interval: 60_000 }, listener, systemTimers),
  );
  await until('it was answered', () => seen.answers.length > 0);
  assert.deepEqual(new Set(seen.answers[0]!.map(({ host }) => host)), new Set(many.map(({ data }) => data)));
  assert.ok(server.askedByTcp > 0);
  assert.deepEqual(seen.failures, []);
});

test('a name that is gone and a server that fails are told in words', async (t) => {
  const { server, seen } = await followed(t, [], (address, listener) =>
    dnsSource({ name: 'app.test', port: 80, server: address, interval: 1000 }, listener, systemTimers),
  );
  await until('it failed', () => seen.failures.length > 0);
  assert.equal(seen.failures[0], 'app.test does not exist');
  server.fails = 'servfail';
  await until('it failed otherwise', () => seen.failures.some((why) => why.includes('could not be found out')));
  server.fails = 'no';
  server.records = [a('10.0.0.1')];
  await until('it is answered', () => seen.answers.length > 0);
});

test('SRV records: ports, weights, priorities as tiers, several addresses of one target', async (t) => {
  const srv = (data: string): DnsRecord => ({ name: '_http._tcp.app.test', type: 'SRV', ttl: 1, data });
  const target = (name: string, data: string): DnsRecord => ({ name, type: 'A', ttl: 1, data });
  const { seen } = await followed(
    t,
    [
      srv('10 60 8001 one.test'),
      srv('10 0 8002 two.test'),
      srv('20 5 9000 spare.test'),
      srv('20 5 9000 nowhere.test'),
      target('one.test', '10.0.0.1'),
      target('one.test', '10.0.0.2'),
      target('two.test', '10.0.0.3'),
      target('spare.test', '10.1.0.1'),
    ],
    (address, listener) =>
      srvSource({ name: '_http._tcp.app.test', server: address, interval: 1000 }, listener, systemTimers),
  );
  await until('it was answered', () => seen.answers.length > 0);
  const found = seen.answers[0]!.map(({ id, weight, tier }) => [id, weight, tier]).sort();
  assert.deepEqual(found, [
    ['10.0.0.1:8001', 30, 0],
    ['10.0.0.2:8001', 30, 0],
    ['10.0.0.3:8002', 1, 0],
    ['10.1.0.1:9000', 5, 1],
  ]);
});
