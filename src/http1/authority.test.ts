import assert from 'node:assert/strict';
import { isIPv6 } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { isAuthority, isConnectAuthority, isIpv6 } from './authority.ts';
import { bytesOf } from './latin1.ts';

/** Judged amid other bytes, so that reading past either end shows. */
function within(judge: (buf: Uint8Array, start: number, end: number) => boolean, text: string): boolean {
  return judge(bytesOf(`a:1${text}1]`), 3, 3 + text.length);
}

test('host[:port] (RFC 3986 3.2.2, 3.2.3)', () => {
  const valid = [
    'a',
    'a.test',
    'A.TEST.',
    'a_b-c~d',
    'a.test:',
    'a.test:0',
    'a.test:80',
    'a.test:00080',
    'a.test:65535',
  ];
  for (const text of [...valid, '10.0.0.1', '10.0.0.1:8080', '[::1]', '[::1]:443', "a!$&'()*+;=b", '999.1.1.1']) {
    assert.equal(within(isAuthority, text), true, text);
  }
});

test('what is no host[:port]: userinfo, lists, paths, whitespace, escapes, odd ports (RFC 9110 4.2.4, 7.2)', () => {
  const hosts = [
    '',
    ':',
    ':80',
    'u@a.test',
    'u:p@a.test',
    'a.test,b.test',
    'a.test b.test',
    'a\tb',
    'a/b',
    'a?b',
    'a#b',
    'a\\b',
  ];
  const ports = ['a:99999', 'a:65536', 'a:80x', 'a:x', 'a:-1', 'a:+1', 'a: 80', 'a:80:80', 'a:18446744073709551696'];
  const literals = [
    '[::1',
    '::1',
    '[::1]x',
    '[::1]80',
    '[]',
    '[v1.a]',
    '[fe80::1%25eth0]',
    '[1.2.3.4]',
    '[::1]]',
    'a[::1]',
  ];
  for (const text of [
    ...hosts,
    ...ports,
    ...literals,
    'a%2etest',
    'caf\u00e9.test',
    'a\u0000',
    'a\u007f',
    '"a"',
    'a|b',
    'a^b',
  ]) {
    assert.equal(within(isAuthority, text), false, JSON.stringify(text));
  }
});

test('CONNECT needs host and port (RFC 9110 9.3.6)', () => {
  for (const text of ['a.test:443', '[::1]:1']) assert.equal(within(isConnectAuthority, text), true, text);
  for (const text of ['a.test', 'a.test:', 'a.test:0', ':443', '/', 'a.test:443/']) {
    assert.equal(within(isConnectAuthority, text), false, text);
  }
});

test('IPv6 literals are judged as the runtime judges them', () => {
  const group = fc.constantFrom(
    '',
    '0',
    '1',
    'ff',
    'abcd',
    '12345',
    'g',
    '00',
    '1.2.3.4',
    '256.1.1.1',
    '01.2.3.4',
    '1.2.3',
  );
  const address = fc.array(group, { minLength: 1, maxLength: 9 }).map((groups) => groups.join(':'));
  fc.assert(
    fc.property(address, (text) => {
      assert.equal(within(isIpv6, text), isIPv6(text), text);
    }),
    { numRuns: 5000 },
  );
  for (const text of [
    '::',
    '::1',
    '1::',
    '1:2:3:4:5:6:7:8',
    '::ffff:1.2.3.4',
    '1:2:3:4:5:6:1.2.3.4',
    '1::3:4:5:6:7:8',
  ]) {
    assert.equal(within(isIpv6, text), true, text);
  }
  for (const text of [
    ':',
    ':::',
    '1:',
    ':1',
    '1:::2',
    '1::2::3',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7',
    '1.2.3.4::',
    '1::2:',
  ]) {
    assert.equal(within(isIpv6, text), false, text);
  }
});
