import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createPrng } from '#core/math/prng.ts';
import { PROXY_HEADER_BYTES_MAX, readProxyHeader, type ProxyHeader } from './proxy-protocol.ts';

const SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');
const REST = Buffer.from('GET / HTTP/1.1\r\n\r\n');

function v2(command: number, family: number, body: Buffer): Buffer {
  const head = Buffer.from([0x20 | command, family, body.length >> 8, body.length & 255]);
  return Buffer.concat([SIGNATURE, head, body]);
}

const ipv4 = Buffer.from('c6336407 c0000201 1f90 0050'.replaceAll(' ', ''), 'hex');
const ipv6 = Buffer.from(`${'20010db8000000000000000000000007'}${'20010db8000000000000000000000001'}c350 01bb`.replaceAll(' ', ''), 'hex'); // prettier-ignore
const mapped = Buffer.from(`${'00000000000000000000ffffc6336407'}${'00000000000000000000ffffc0000201'}00010002`, 'hex');
const tlv = Buffer.concat([Buffer.from([0x01, 0, 2]), Buffer.from('h2')]);

/** What is read of it with a request behind, at an offset. */
function read(header: Buffer): ProxyHeader {
  const found = readProxyHeader(Buffer.concat([Buffer.from('xx'), header, REST]), 2, 2 + header.length + REST.length);
  if (found.kind === 'whole') assert.equal(found.end, 2 + header.length);
  return found;
}

const WHOLE: readonly (readonly [string, Buffer, string | null])[] = [
  ['v1, IPv4', Buffer.from('PROXY TCP4 198.51.100.7 192.0.2.1 8080 80\r\n'), '198.51.100.7 8080'],
  ['v1, IPv6', Buffer.from('PROXY TCP6 2001:0DB8::0:7 2001:db8::1 50000 443\r\n'), '2001:db8::7 50000'],
  ['v1, all of IPv6', Buffer.from('PROXY TCP6 1:2:3:4:5:6:7:8 ::1 1 1\r\n'), '1:2:3:4:5:6:7:8 1'],
  ['v1, none of IPv6', Buffer.from('PROXY TCP6 :: ::1 0 1\r\n'), ':: 0'],
  ['v1, the longer run of zeros', Buffer.from('PROXY TCP6 1:0:0:4:0:0:0:8 ::1 1 1\r\n'), '1:0:0:4::8 1'],
  ['v1, one zero is no run', Buffer.from('PROXY TCP6 1:0:3:4:5:6:7:8 ::1 1 1\r\n'), '1:0:3:4:5:6:7:8 1'],
  ['v1, unknown', Buffer.from('PROXY UNKNOWN\r\n'), null],
  ['v1, unknown with what is ignored', Buffer.from('PROXY UNKNOWN ff::1 ff::2 1 2 whatever\r\n'), null],
  ['v2, IPv4', v2(1, 0x11, ipv4), '198.51.100.7 8080'],
  ['v2, IPv6', v2(1, 0x21, ipv6), '2001:db8::7 50000'],
  ['v2, IPv4 as IPv6', v2(1, 0x21, mapped), '198.51.100.7 1'],
  ['v2, values behind', v2(1, 0x11, Buffer.concat([ipv4, tlv])), '198.51.100.7 8080'],
  ['v2, local', v2(0, 0x00, Buffer.alloc(0)), null],
  ['v2, local with addresses', v2(0, 0x11, ipv4), null],
  ['v2, unix', v2(1, 0x31, Buffer.alloc(216)), null],
  ['v2, UDP', v2(1, 0x12, ipv4), null],
  ['v2, a family to come', v2(1, 0x41, Buffer.alloc(5)), null],
];

describe('a PROXY header', () => {
  for (const [what, header, client] of WHOLE)
    test(`${what}: read whole, and waited for until it is`, () => {
      const found = read(header);
      assert.ok(found.kind === 'whole');
      assert.equal(found.client && `${found.client.remoteAddress} ${found.client.remotePort}`, client);
      for (let length = 0; length < header.length; length++)
        assert.equal(readProxyHeader(header, 0, length).kind, 'more', `${length} bytes`);
    });

  test('what is none, or broken, is wrong', () => {
    const lines = [
      'GET / HTTP/1.1\r\n',
      'proxy TCP4 1.1.1.1 2.2.2.2 1 2\r\n',
      'PROXY TCP4 1.1.1.1 2.2.2.2 1\r\n',
      'PROXY TCP4 1.1.1.1 2.2.2.2 1 2 3\r\n',
      'PROXY TCP4  1.1.1.1 2.2.2.2 1 2\r\n',
      'PROXY TCP4 1.1.1.1 2.2.2.2 1 2\n',
      'PROXY TCP4 1.1.1.256 2.2.2.2 1 2\r\n',
      'PROXY TCP4 01.1.1.1 2.2.2.2 1 2\r\n',
      'PROXY TCP4 1.1.1.1 2.2.2.2 65536 2\r\n',
      'PROXY TCP4 1.1.1.1 2.2.2.2 01 2\r\n',
      'PROXY TCP4 1.1.1.1 2.2.2.2 +1 2\r\n',
      'PROXY TCP4 ::1 ::2 1 2\r\n',
      'PROXY TCP6 1.1.1.1 2.2.2.2 1 2\r\n',
      'PROXY TCP6 [::1] ::2 1 2\r\n',
      'PROXY TCP6 ::1%eth0 ::2 1 2\r\n',
      'PROXY TCP6 ::1:: ::2 1 2\r\n',
      'PROXY UDP4 1.1.1.1 2.2.2.2 1 2\r\n',
      `PROXY UNKNOWN ${'x'.repeat(200)}\r\n`,
    ];
    for (const line of lines) assert.equal(read(Buffer.from(line)).kind, 'wrong', line);
    const version1 = v2(1, 0x11, ipv4);
    version1[12] = 0x11;
    const otherCommand = v2(2, 0x11, ipv4);
    const short = [v2(1, 0x11, ipv4.subarray(0, 11)), v2(1, 0x21, ipv6.subarray(0, 35))];
    const long = v2(1, 0x11, Buffer.alloc(PROXY_HEADER_BYTES_MAX));
    for (const header of [version1, otherCommand, ...short, long]) assert.equal(read(header).kind, 'wrong');
  });

  test('whatever the bytes: never an error, never past the end, the same however they come', (t) => {
    const seed = Date.now() % 1_000_000;
    t.diagnostic(`seed ${seed}`);
    const random = createPrng(seed);
    const below = (count: number): number => Math.floor(random() * count);
    for (let turn = 0; turn < 20_000; turn++) {
      const [, sample] = WHOLE[below(WHOLE.length)]!;
      const bytes = Buffer.concat([sample, REST]);
      for (let flips = below(4); flips > 0; flips--) bytes[below(bytes.length)] = below(256);
      const found = readProxyHeader(bytes, 0, bytes.length);
      if (found.kind === 'whole') assert.ok(found.end <= bytes.length);
      let piecewise: ProxyHeader = { kind: 'more' };
      for (let end = 0; end <= bytes.length && piecewise.kind === 'more'; end++)
        piecewise = readProxyHeader(bytes, 0, end);
      assert.deepEqual(piecewise, found, bytes.toString('latin1'));
    }
  });
});
