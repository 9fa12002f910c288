import assert from 'node:assert/strict';
import { BlockList } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { TrustedProxies } from './trusted-proxies.ts';

test('networks of both families, single addresses, and mapped addresses as IPv4', () => {
  const proxies = new TrustedProxies([
    '10.0.0.0/8',
    '192.0.2.1',
    '2001:db8::/32',
    '::ffff:198.51.100.0/120',
    '10.1.0.0/16',
  ]);
  for (const one of [
    '10.0.0.0',
    '10.255.255.255',
    '10.1.2.3',
    '192.0.2.1',
    '::ffff:10.1.2.3',
    '2001:db8::1',
    '198.51.100.7',
  ])
    assert.ok(proxies.trusts(one), one);
  for (const one of [
    '9.255.255.255',
    '11.0.0.0',
    '192.0.2.2',
    '192.0.2.0',
    '2001:db9::',
    '2001:db7:ffff::',
    '198.51.101.0',
    '',
    'unknown',
  ])
    assert.ok(!proxies.trusts(one), one);
  assert.ok(!new TrustedProxies([]).trusts('10.0.0.1'));
  assert.ok(new TrustedProxies(['0.0.0.0/0']).trusts('255.1.2.3'));
  assert.ok(!new TrustedProxies(['0.0.0.0/0']).trusts('2001:db8::1'));
});

/** Few bits vary, so that networks nest and addresses fall into them. */
const ipv4 = fc
  .tuple(fc.constantFrom(10, 11), fc.constantFrom(0, 128), fc.nat(3), fc.nat(3))
  .map((parts) => parts.join('.'));
const ipv6 = fc
  .tuple(fc.constantFrom('2001:db8', '2001:db9', 'fe80:8000'), fc.nat(3), fc.nat(3))
  .map(([front, a, b]) => `${front}::${a}:${b}`);

test('trusts what a linear search trusts', (t) => {
  const cidr = fc.oneof(
    fc.tuple(ipv4, fc.integer({ min: 0, max: 32 })),
    fc.tuple(ipv6, fc.integer({ min: 1, max: 128 })),
  );
  const check = fc.check(
    fc.property(
      fc.array(cidr, { maxLength: 30 }),
      fc.array(fc.oneof(ipv4, ipv6), { maxLength: 20 }),
      (cidrs, addresses) => {
        const list = new BlockList();
        for (const [network, bits] of cidrs) list.addSubnet(network, bits, network.includes(':') ? 'ipv6' : 'ipv4');
        const proxies = new TrustedProxies(cidrs.map(([network, bits]) => `${network}/${bits}`));
        for (const one of addresses)
          assert.equal(proxies.trusts(one), list.check(one, one.includes(':') ? 'ipv6' : 'ipv4'), one);
      },
    ),
    { numRuns: 500 },
  );
  t.diagnostic(`seed ${check.seed}`);
  assert.ok(!check.failed, fc.defaultReportMessage(check) ?? '');
});
