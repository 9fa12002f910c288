/** Whom a request comes from, whom it counts for, and whose page asks. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { forwardedClient, TrustedNetworks } from './client-address.ts';
import { networkOf, plainAddress } from './network.ts';
import { foreignOrigin } from './same-origin.ts';
import type { Arrival } from './caller.ts';

test('networks: an IPv4 address, the /64 of an IPv6 one', () => {
  const cases: [string, string][] = [
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:DB8:0:0:1:2:3:4', '2001:db8:0:0::/64'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['local', 'local'],
    ['unknown', 'unknown'],
  ];
  for (const [address, network] of cases) assert.equal(networkOf(address), network, address);
  assert.equal(plainAddress('::ffff:10.0.0.1'), '10.0.0.1');
  assert.equal(plainAddress('::1'), '::1');
});

describe('the client behind workers', () => {
  const trusted = new TrustedNetworks(['10.0.0.0/8', '2001:db8:f::/48']);
  const cases: [string, string | null][] = [
    ['203.0.113.9', '203.0.113.9'],
    ['198.51.100.1, 203.0.113.9', '203.0.113.9'],
    ['203.0.113.9, 10.0.0.1', '203.0.113.9'],
    ['spoofed, 203.0.113.9, 10.1.2.3, 10.0.0.1', '203.0.113.9'],
    ['10.0.0.2, 10.0.0.1', '10.0.0.2'],
    ['nonsense, 10.0.0.1', '10.0.0.1'],
    ['[2001:db8:a::1]:443, 2001:db8:f::2', '2001:db8:a::1'],
    ['203.0.113.9:4711', '203.0.113.9'],
    ['', null],
    ['unknown', null],
  ];
  for (const [field, client] of cases)
    test(JSON.stringify(field), () => assert.equal(forwardedClient(field, trusted), client));

  test('without trusted proxies, only the last entry counts', () => {
    assert.equal(forwardedClient('203.0.113.9, 10.0.0.1', new TrustedNetworks([])), '10.0.0.1');
  });
});

describe('changes that a page asks for', () => {
  const arrival = (part: Partial<Arrival> = {}): Arrival => ({
    by: 'own',
    address: '192.0.2.1',
    network: '192.0.2.1',
    secure: false,
    hosts: ['admin.example:9090'],
    ...part,
  });
  const own = 'http://admin.example:9090';

  test('of this server are its own', () => {
    assert.equal(foreignOrigin({ origin: own }, arrival(), true), null);
    assert.equal(foreignOrigin({ origin: 'https://admin.example' }, arrival({ hosts: ['admin.example'] }), true), null);
    assert.equal(
      foreignOrigin({ origin: 'https://ADMIN.example' }, arrival({ hosts: ['admin.example:443'] }), true),
      null,
    );
    assert.equal(foreignOrigin({ 'sec-fetch-site': 'same-origin' }, arrival(), true), null);
  });

  test('of others are refused, with a token or with a cookie', () => {
    const others = [
      'http://evil.example',
      'http://admin.example',
      'http://admin.example:9091',
      'null',
      '',
      'file://',
      `${own}.evil.example`,
    ];
    for (const origin of others)
      for (const cookie of [true, false]) assert.notEqual(foreignOrigin({ origin }, arrival(), cookie), null, origin);
    for (const site of ['cross-site', 'same-site'])
      assert.notEqual(foreignOrigin({ 'sec-fetch-site': site }, arrival(), false), null, site);
    assert.notEqual(foreignOrigin({ origin: own }, arrival({ hosts: [] }), false), null, 'without Host');
  });

  test('must say where they come from when they have a cookie', () => {
    assert.equal(foreignOrigin({}, arrival(), false), null, 'a script with a token');
    assert.notEqual(foreignOrigin({}, arrival(), true), null);
    assert.notEqual(foreignOrigin({ 'sec-fetch-site': 'none' }, arrival(), true), null);
  });

  test('must come by TLS where the client spoke it', () => {
    const secure = arrival({ secure: true, hosts: ['admin.example'] });
    assert.notEqual(foreignOrigin({ origin: 'http://admin.example' }, secure, true), null);
    assert.equal(foreignOrigin({ origin: 'https://admin.example' }, secure, true), null);
  });
});
