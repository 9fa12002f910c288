import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChunkedDecoder, ChunkEvent } from './chunked.ts';
import { bytesOf, textOf } from './latin1.ts';

interface Decoded {
  /** What a receiver that knows the coding gets. */
  readonly verbatim: string;
  readonly payload: string;
  /** `done`, `fault` or `more`. */
  readonly verdict: string;
  /** Bytes that belonged to the body; up to the fault when there was one. */
  readonly consumed: number;
}

const verdicts: Record<number, string> = {
  [ChunkEvent.done]: 'done',
  [ChunkEvent.fault]: 'fault',
  [ChunkEvent.more]: 'more',
};

/** Runs a body through the decoder as the data plane does, in the given pieces, each amid other bytes. */
function decode(pieces: readonly string[], fast = true, takes = true): Decoded {
  const decoder = new ChunkedDecoder();
  let verbatim = '';
  let payload = '';
  let consumed = 0;
  for (const piece of pieces) {
    const buf = bytesOf(`0\r\n${piece}\r\n0\r\n\r\n`);
    const end = 3 + piece.length;
    for (let pos = 3; pos < end;) {
      let next = fast ? decoder.scanVerbatim(buf, pos, end) : pos;
      assert.ok(next >= pos && next <= end);
      verbatim += textOf(buf, pos, next);
      consumed += next - pos;
      pos = next;
      if (pos === end) break;
      next = decoder.next(buf, pos, end);
      assert.ok(next >= pos && next <= end);
      const { event } = decoder;
      if (event === ChunkEvent.data) payload += textOf(buf, pos, next);
      if (event === ChunkEvent.data || event === ChunkEvent.framing || event === ChunkEvent.done)
        verbatim += textOf(buf, pos, next);
      if (event === ChunkEvent.held && takes) {
        const name = decoder.takeHeld();
        verbatim += textOf(name, 0, name.length);
      }
      consumed += next - pos;
      pos = next;
      if (event === ChunkEvent.done || event === ChunkEvent.fault)
        return { verbatim, payload, verdict: verdicts[event] as string, consumed };
      assert.notEqual(event, ChunkEvent.more, 'only without input');
    }
  }
  return { verbatim, payload, verdict: 'more', consumed };
}
const whole = (body: string): Decoded => decode([body], false);
const fault = (bodies: readonly string[]): void => {
  for (const body of bodies) assert.equal(whole(body).verdict, 'fault', JSON.stringify(body));
};
const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;

test('chunks, the last chunk and the final line end (RFC 9112 7.1)', () => {
  const body = '5\r\nhello\r\n0000000A\r\n, chunked!\r\n000\r\n\r\n';
  assert.deepEqual(whole(body), { verbatim: body, payload: 'hello, chunked!', verdict: 'done', consumed: body.length });
  assert.deepEqual(whole('0\r\n\r\n').verdict, 'done');
  assert.equal(whole(`${body}GET / HTTP/1.1\r\n`).consumed, body.length, 'what follows is not touched');
  assert.equal(whole('50\r\nhello').verdict, 'more');
});

test('after the end nothing is consumed, after a fault neither, until reset', () => {
  const decoder = new ChunkedDecoder();
  const end = bytesOf('0\r\n\r\nG');
  assert.equal(decoder.next(end, 0, 6), 3);
  assert.equal(decoder.event, ChunkEvent.framing);
  assert.equal(decoder.next(end, 3, 6), 5);
  for (const at of [5, 6]) {
    assert.equal(decoder.next(end, at, 6), at);
    assert.equal(decoder.event, ChunkEvent.done);
    assert.equal(decoder.scanVerbatim(end, at, 6), at);
  }
  decoder.reset();
  for (let i = 0; i < 2; i++) {
    assert.equal(decoder.next(bytesOf('G'), 0, 1), 0);
    assert.equal(decoder.event, ChunkEvent.fault);
  }
  decoder.next(end, 0, 0);
  assert.equal(decoder.event, ChunkEvent.fault);
  decoder.reset();
  decoder.next(end, 0, 0);
  assert.equal(decoder.event, ChunkEvent.more);
});

test('sizes are 1*HEXDIG up to 2^53-1, exactly (RFC 9112 7.1)', () => {
  const sizes = [
    '',
    'g',
    '5g',
    '-5',
    '+5',
    '0x5',
    ' 5',
    '\t5',
    '5 ',
    '5\t',
    '5,5',
    '5_0',
    '\u00b5',
    '5\u0000',
    '5\u000b',
    '\u00005',
  ];
  fault(sizes.map((size) => `${size}\r\nhello\r\n0\r\n\r\n`));
  fault(
    ['20000000000000', '20000000000001', '10000000000000005', 'f'.repeat(300), `${'0'.repeat(32)}5`].map(
      (size) => `${size}\r\nhello`,
    ),
  );
  assert.equal(whole('1fffffffffffff\r\nhello').verdict, 'more');
  assert.equal(whole(`${'0'.repeat(31)}5\r\nhello`).payload, 'hello');
});

test('line ends are CR LF everywhere (RFC 9112 2.2, 7.1)', () => {
  fault([
    '5\nhello\r\n0\r\n\r\n',
    '5\r\rhello',
    '5\rhello',
    '5\r\nhello\n0\r\n\r\n',
    '5\r\nhello\r0\r\n\r\n',
    '5\r\nhellox\r\n0\r\n\r\n',
  ]);
  fault([
    '5\r\nhello0\r\n\r\n',
    '5\r\nhello\r\n0\n\r\n',
    '5\r\nhello\r\n0\r\n\n',
    '5\r\nhello\r\n0\r\n\r\r',
    '5\r\nhello\r\n\r\n0\r\n\r\n',
    '\r\n5\r\nhello\r\n',
  ]);
});

test('extensions are cut out (RFC 9112 7.1.1)', () => {
  for (const extension of [';a', ';a=b', ';a="x y"', ' ; a = b ; c', '\t;a="\\"\\\\;"', ';', ';a="\u00e9"']) {
    const body = `5${extension}\r\nhello\r\n0${extension}\r\n\r\n`;
    const { verbatim, verdict } = decode([body]);
    assert.deepEqual([verbatim, verdict], ['5\r\nhello\r\n0\r\n\r\n', 'done'], extension);
    assert.equal(whole(body).payload, 'hello');
  }
  fault(
    [';a\rb', ';a\nb', ';a\u0000', ';a\u007f', ';a="x', ';a="\\"', ';a="x\r\n"', ';\u00e9', ' a', ' ;\u000b'].map(
      (text) => `5${text}\r\nhello\r\n0\r\n\r\n`,
    ),
  );
});

test('extensions are bounded by line, and over the body by what they carry', () => {
  const line = (bytes: number, text = 'x'): string =>
    `${text.length.toString(16)};${'a'.repeat(bytes - 1)}\r\n${text}\r\n`;
  assert.equal(whole(`${line(4096)}0\r\n\r\n`).verdict, 'done');
  fault([line(4097)]);
  assert.equal(whole(line(4096).repeat(4)).verdict, 'more');
  fault([line(4096).repeat(5)]);
  assert.equal(whole(line(4096, 'y'.repeat(4096)).repeat(9)).verdict, 'more', 'payload earns extensions');
});

test('trailers pass, but for those that would change what the head said (RFC 9110 6.5.1)', () => {
  const trailers =
    'X-Checksum: abc\r\nContent-Length: 5\r\nDigest:\r\ntransfer-ENCODING: chunked\r\nX_Forwarded_For: x\r\nE: \t \u00e9\r\n';
  const { verbatim, verdict, payload } = whole(`5\r\nhello\r\n0\r\n${trailers}\r\n`);
  assert.deepEqual(
    [verbatim, verdict],
    ['5\r\nhello\r\n0\r\nX-Checksum: abc\r\nDigest:\r\nE: \t \u00e9\r\n\r\n', 'done'],
  );
  assert.equal(payload, 'hello');
});

test('trailers are field lines, bounded in number, name and bytes (RFC 9112 7.1.2)', () => {
  const after = (trailers: string): string => `0\r\n${trailers}\r\n`;
  fault(
    [
      'Bad Name: x\r\n',
      'X : y\r\n',
      ': x\r\n',
      ' x: y\r\n',
      'x\r\n',
      'x: y\r\n z\r\n',
      'x: \u0000\r\n',
      'x: y\n',
      'x: y\rz\r\n',
      'Host: \u007f\r\n',
    ].map(after),
  );
  assert.equal(whole(after('a: b\r\n'.repeat(100))).verdict, 'done');
  fault([after('a: b\r\n'.repeat(101))]);
  assert.equal(whole(after(`${'a'.repeat(256)}: b\r\n`)).verdict, 'done');
  fault([after(`${'a'.repeat(257)}: b\r\n`)]);
  assert.equal(whole(after(`a: ${'b'.repeat(8192 - 5)}\r\n`)).verdict, 'done');
  fault([after(`a: ${'b'.repeat(8192 - 4)}\r\n`), after(`host: ${'b'.repeat(8192)}\r\n`)]);
});

test('a trailer name cut by the end of the input is held until it is known', () => {
  const head = '5\r\nhello\r\n0\r\n';
  const kept = `${head}X-Sum: abc\r\n\r\n`;
  for (let cut = head.length; cut < kept.length; cut++) {
    const pieces = [kept.slice(0, cut), kept.slice(cut)];
    assert.deepEqual(decode(pieces), decode([kept]), `cut at ${cut}`);
  }
  const without = `${head}\r\n`;
  assert.equal(decode([`${head}Ho`, 'st: a\r\n\r\n']).verbatim, without);
  assert.equal(
    decode([`${head}X-`, 'Sum: abc\r\n\r\n'], true, false).verbatim,
    without,
    'a name not taken drops its field',
  );
  const long = 'a'.repeat(256);
  assert.equal(decode([head, ...`${long}: b\r\n\r\n`]).verbatim, `${head}${long}: b\r\n\r\n`);
  assert.equal(decode([head, ...`${long}a`]).verdict, 'fault');
});

test('scanVerbatim takes framing and payload in one go and stops where something is to be decided', () => {
  const decoder = new ChunkedDecoder();
  const body = `${chunk('hello')}${chunk('x'.repeat(300))}`;
  const stopsAt = (rest: string): number => {
    decoder.reset();
    const buf = bytesOf(body + rest);
    return decoder.scanVerbatim(buf, 0, buf.length) - body.length;
  };
  assert.equal(stopsAt(''), 0);
  assert.equal(decoder.event, ChunkEvent.framing);
  assert.equal(decoder.dataBytes, 305);
  assert.equal(stopsAt('5;a=b\r\nhello\r\n'), 1);
  assert.equal(stopsAt('0\r\n\r\n'), 3);
  assert.equal(stopsAt('0\r\nX-A: b\r\n\r\n'), 3);
  assert.equal(stopsAt('5\r\nhelloX'), 8);
  assert.equal(stopsAt('5x'), 1);
});
