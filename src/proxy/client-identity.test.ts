import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RequestHead, parseRequestHead } from '#http1/request-head.ts';
import { forwardedFor, networkOf } from './client-identity.ts';
import { TrustedProxies } from './trusted-proxies.ts';

test('IPv4 counts whole, IPv6 by /64, a mapped address as IPv4', () => {
  const cases: [string, string | null][] = [
    ['203.0.113.9', '203.0.113.9'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['64:ff9b::192.0.2.33', '64:ff9b:0:0::/64'],
    ['', null],
    ['unknown', null],
    ['1.2.3', null],
    ['1.2.3.256', null],
    ['2001:db8', null],
    ['1::2::3', null],
    ['1:2:3:4:5:6:7:8:9', null],
    ['12345::', null],
  ];
  for (const [address, network] of cases) assert.equal(networkOf(address), network, address);
});

function client(lines: string): string {
  const buf = Buffer.from(`GET / HTTP/1.1\r\nHost: a\r\n${lines}\r\n`, 'latin1');
  const head = new RequestHead(100);
  assert.ok(
    parseRequestHead(buf, 0, buf.length, head, { headerBytes: 65536, headerCount: 100, targetBytes: 8192 }) > 0,
  );
  return forwardedFor(buf, head, new TrustedProxies(['10.0.0.0/8']), '10.0.0.1');
}

test('behind trusted proxies the client is the last address that is not one', () => {
  assert.equal(client(''), '10.0.0.1', 'nothing said: the peer');
  assert.equal(client('X-Forwarded-For: 203.0.113.9\r\n'), '203.0.113.9');
  assert.equal(client('X-Forwarded-For: 198.51.100.1, 203.0.113.9, 10.0.0.7\r\n'), '203.0.113.9');
  assert.equal(client('X-Forwarded-For: 198.51.100.1\r\nX-Forwarded-For: 203.0.113.9:4711\r\n'), '203.0.113.9');
  assert.equal(client('X-Forwarded-For: [2001:db8::1]:443\r\n'), '2001:db8::1');
  assert.equal(client('X-Forwarded-For: 10.0.0.3, 10.0.0.2\r\n'), '10.0.0.3', 'all are trusted: the farthest');
});

test('what a client puts in front cannot choose its allowance', () => {
  assert.equal(client('X-Forwarded-For: anything, 203.0.113.9\r\n'), '203.0.113.9');
  assert.equal(client('X-Forwarded-For: 203.0.113.9, <script>\r\n'), '10.0.0.1', 'malformed: the peer that said so');
  assert.equal(client(`X-Forwarded-For: ${'1.1.1.1, '.repeat(900)}203.0.113.9\r\n`), '203.0.113.9');
});
