import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { AddressBytes } from './address-bytes.ts';

function read(text: string): string | null {
  const address = new AddressBytes();
  const buf = Buffer.from(`x${text}9`, 'latin1');
  if (!address.read(buf, 1, buf.length - 1)) return null;
  return [...address.words].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
}

test('addresses, with brackets and ports', () => {
  const cases: [string, string | null][] = [
    ['1.2.3.4', '00000000000000000000ffff01020304'],
    ['255.255.255.255', '00000000000000000000ffffffffffff'],
    ['1.2.3.4:80', '00000000000000000000ffff01020304'],
    ['[1.2.3.4]:80', '00000000000000000000ffff01020304'],
    ['::', '0'.repeat(32)],
    ['1::', `0001${'0'.repeat(28)}`],
    ['::1', `${'0'.repeat(31)}1`],
    ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
    ['1:2:3:4:5:6:7::', '00010002000300040005000600070000'],
    ['::2:3:4:5:6:7:8', '00000002000300040005000600070008'],
    ['2001:DB8::a:0:1', '20010db8000000000000000a00000001'],
    ['1:2:3:4:5:6:1.2.3.4', '00010002000300040005000601020304'],
    ['64:ff9b::1.2.3.4', '0064ff9b000000000000000001020304'],
    ['fe80::1%eth0', 'fe800000000000000000000000000001'],
    ['[2001:db8::1]:443', '20010db8000000000000000000000001'],
    ['[2001:db8::1]', '20010db8000000000000000000000001'],
  ];
  for (const [text, hex] of cases) assert.equal(read(text), hex, text);
  const none = [
    '',
    'unknown',
    '1.2.3',
    '1.2.3.256',
    '1.2.3.04',
    '1.2.3.4.5',
    '1.2.3.4:',
    '1.2.3.4:x',
    '1.2.3.4 ',
    '.1.2.3',
  ];
  none.push(
    '2001:db8',
    '1::2::3',
    '1:2:3:4:5:6:7:8:9',
    '12345::',
    ':',
    ':::',
    '1:',
    ':1',
    '1:2:3:4:5:6:7:1.2.3.4',
    '::1.2.3',
  );
  none.push('[::1', '[::1]x', '[::1]:', '[]', '::1]', 'g::1', '1:2:3:4:5:6:7:8::', '::1:2:3:4:5:6:7:8', '%eth0');
  for (const text of none) assert.equal(read(text), null, text);
});

test('what is none leaves the address read before', () => {
  const address = new AddressBytes();
  assert.ok(address.read(Buffer.from('1.2.3.4'), 0, 7));
  for (const text of ['1.2.3.', '9.9.9.9.9', '::9:', '1:2:3:4:5:6:7:9.9.9.9']) {
    assert.equal(address.read(Buffer.from(text), 0, text.length), false);
    assert.deepEqual([...address.words], [0, 0, 0xffff, 0x01020304], text);
  }
});

/** Text that is an address, or nearly one. */
const nearly = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc
    .ipV6()
    .chain((address) =>
      fc
        .tuple(fc.nat(address.length), fc.constantFrom(':', '.', '0', 'f', 'g', '::', ''))
        .map(([at, put]) => address.slice(0, at) + put + address.slice(at + 1)),
    ),
  fc
    .array(fc.constantFrom('0', '1', 'a', 'F', ':', '::', '.', '12', '255', '1.2.3.4'), { maxLength: 12 })
    .map((parts) => parts.join('')),
);

test('takes for an address what Node does, and reads it as URLs do', (t) => {
  const check = fc.check(
    fc.property(nearly, (text) => {
      // A port may follow here, which Node does not know.
      fc.pre(!/^[\d.]+:\d*$/.test(text));
      const found = read(text);
      assert.equal(found !== null, isIP(text) !== 0, text);
      if (found !== null) assert.equal(found, expanded(text), text);
    }),
    { numRuns: 3000 },
  );
  t.diagnostic(`seed ${check.seed}`);
  assert.ok(!check.failed, fc.defaultReportMessage(check) ?? '');
});

/** By the reading of the URL standard. */
function expanded(text: string): string {
  const host = new URL(`http://[${text.includes(':') ? text : `::ffff:${text}`}]/`).hostname.slice(1, -1);
  const [front = '', back] = host.split('::');
  const groups = (half: string): string[] => (half === '' ? [] : half.split(':'));
  const [before, after] = [groups(front), groups(back ?? '')];
  const missing = Array.from({ length: 8 - before.length - after.length }, () => '0');
  return [...before, ...missing, ...after].map((group) => group.padStart(4, '0')).join('');
}
