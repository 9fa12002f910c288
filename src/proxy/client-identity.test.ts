import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HalfSipHash } from '#core/math/half-sip-hash.ts';
import { RequestHead, parseRequestHead } from '#http1/request-head.ts';
import { ClientIdentity } from './client-identity.ts';
import { TrustedProxies } from './trusted-proxies.ts';

/** What stands for everyone at this address, as the hash of it; null when it is none. */
function hashOf(address: string): string | null {
  const identity = new ClientIdentity();
  const hash = new HalfSipHash(1, 2);
  if (!identity.readText(address)) return null;
  identity.hashInto(hash);
  return `${hash.low},${hash.high}`;
}

test('IPv4 counts whole, IPv6 by /64, a mapped address as IPv4', () => {
  const same: [string, string][] = [
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['::ffff:cb00:7109', '203.0.113.9'],
    ['2001:db8:1:2:3:4:5:6', '2001:0DB8:0001:0002::'],
    ['fe80::1%eth0', 'fe80::2'],
    ['64:ff9b::192.0.2.33', '64:ff9b::198.51.100.1'],
  ];
  for (const [one, other] of same) {
    assert.notEqual(hashOf(one), null, one);
    assert.equal(hashOf(one), hashOf(other), `${one} and ${other}`);
  }
  const all = ['203.0.113.9', '203.0.113.8', '2001:db8:1:2::1', '2001:db8:1:3::1', '::1', '64:ff9b::cb00:7109'];
  assert.equal(new Set(all.map(hashOf)).size, all.length);
});

/** Who asks, as the words of the address; null: the peer. */
function client(lines: string): string | null {
  const buf = Buffer.from(`GET / HTTP/1.1\r\nHost: a\r\n${lines}\r\n`, 'latin1');
  const head = new RequestHead(100);
  assert.ok(
    parseRequestHead(buf, 0, buf.length, head, { headerBytes: 65536, headerCount: 100, targetBytes: 8192 }) > 0,
  );
  const identity = new ClientIdentity();
  return identity.find(buf, head, new TrustedProxies(['10.0.0.0/8'])) ? identity.address.words.join() : null;
}

function words(address: string): string {
  const identity = new ClientIdentity();
  assert.ok(identity.readText(address));
  return identity.address.words.join();
}

test('behind trusted proxies the client is the last address that is not one', () => {
  assert.equal(client(''), null, 'nothing said: the peer');
  assert.equal(client('X-Forwarded-For: 203.0.113.9\r\n'), words('203.0.113.9'));
  assert.equal(client('X-Forwarded-For: 198.51.100.1, 203.0.113.9,\t10.0.0.7 \r\n'), words('203.0.113.9'));
  assert.equal(client('X-Forwarded-For: 198.51.100.1\r\nX-Forwarded-For: 203.0.113.9:4711\r\n'), words('203.0.113.9'));
  assert.equal(client('X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-For: 10.0.0.4\r\n'), words('203.0.113.9'));
  assert.equal(client('X-Forwarded-For: [2001:db8::1]:443\r\n'), words('2001:db8::1'));
  assert.equal(client('X-Forwarded-For: 10.0.0.3, 10.0.0.2\r\n'), words('10.0.0.3'), 'all are trusted: the farthest');
});

test('what a client puts in front cannot choose its allowance', () => {
  assert.equal(client('X-Forwarded-For: anything, 203.0.113.9\r\n'), words('203.0.113.9'));
  assert.equal(client('X-Forwarded-For: 203.0.113.9, <script>\r\n'), null, 'malformed: the peer that said so');
  assert.equal(client('X-Forwarded-For: 203.0.113.9, <script>, 10.0.0.5\r\n'), words('10.0.0.5'), 'who passed it on');
  assert.equal(client('X-Forwarded-For: 203.0.113.9,\r\n'), null, 'an empty entry is malformed');
  assert.equal(client(`X-Forwarded-For: ${'1.1.1.1, '.repeat(900)}203.0.113.9\r\n`), words('203.0.113.9'));
});

test('bug: an entry cut in two by the bound of what is looked at counted as the address that was left of it', () => {
  for (let extra = 0; extra < 12; extra++) {
    // However the bound lies: once it leaves `0.0.0.7` of an entry.
    const chain = `${'10.0.0.7,'.repeat(300)}${' '.repeat(extra)}10.0.0.7`;
    assert.equal(client(`X-Forwarded-For: 203.0.113.9,${chain}\r\n`), words('10.0.0.7'));
  }
});
