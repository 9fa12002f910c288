/** Properties of the chunked decoder over generated bodies, cut anywhere. A failure prints the seed and the smallest body. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ChunkedDecoder, ChunkEvent } from './chunked.ts';
import { bytesOf, textOf } from './latin1.ts';

interface Decoded {
  verbatim: string;
  payload: string;
  event: number;
  consumed: number;
}

/** Decodes `body` in the pieces that end at `cuts`, scanning verbatim first when `fast`. */
function decode(body: string, cuts: readonly number[], fast: boolean): Decoded {
  const decoder = new ChunkedDecoder();
  const all = bytesOf(body);
  const out: Decoded = { verbatim: '', payload: '', event: ChunkEvent.more, consumed: 0 };
  let pos = 0;
  for (const end of [...cuts, all.length]) {
    for (let idle = 0; pos < end;) {
      let next = fast ? decoder.scanVerbatim(all, pos, end) : pos;
      out.verbatim += textOf(all, pos, next);
      const from = next;
      if (next < end) {
        next = decoder.next(all, from, end);
        const { event } = decoder;
        if (event === ChunkEvent.data) out.payload += textOf(all, from, next);
        if (event === ChunkEvent.held) out.verbatim += textOf(decoder.takeHeld(), 0, decoder.takeHeld().length);
        else if (event !== ChunkEvent.dropped) out.verbatim += textOf(all, from, next);
        if (event === ChunkEvent.done || event === ChunkEvent.fault) return { ...out, event, consumed: next };
      }
      assert.ok(next >= pos && next <= end, 'inside of what was given');
      idle = next === pos ? idle + 1 : 0;
      assert.ok(idle < 2, 'it goes on');
      pos = next;
    }
  }
  return { ...out, consumed: pos };
}

const latin1 = fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code));
const data = fc.string({ unit: latin1, minLength: 1, maxLength: 40 });
const extension = fc.constantFrom('', '', '', ';a', ' ;b=c', ';d="\\"x\ty"');
const zeros = fc.constantFrom('', '0', '000');
const size = (length: number, upper: boolean): string =>
  upper ? length.toString(16).toUpperCase() : length.toString(16);
const chunks = fc.array(fc.tuple(data, extension, zeros, fc.boolean()), { maxLength: 6 });
const trailer = fc.constantFrom(
  'X-Sum: abc',
  'Content-Length: 5',
  'a:',
  'Host: \u00e9',
  'transfer_encoding: x',
  'Digest: \t b ',
);
const trailers = fc.array(trailer, { maxLength: 4 });
const dropped = /^(?:content-length|host|transfer_encoding):/i;

const bodies = fc.tuple(chunks, extension, trailers).map(([parts, last, fields]) => {
  const build = (clean: boolean): string =>
    parts
      .map(([text, ext, zero, upper]) => `${zero}${size(text.length, upper)}${clean ? '' : ext}\r\n${text}\r\n`)
      .join('') +
    `0${clean ? '' : last}\r\n${fields
      .filter((field) => !clean || !dropped.test(field))
      .map((field) => `${field}\r\n`)
      .join('')}\r\n`;
  return { body: build(false), clean: build(true), payload: parts.map(([text]) => text).join('') };
});
const cutsOf = (body: string, cuts: readonly number[]): number[] =>
  cuts.map((cut) => cut % (body.length + 1)).sort((a, b) => a - b);
const cuts = fc.array(fc.nat(), { maxLength: 5 });

test('bodies come out as put together, less what may not pass, wherever they are cut', () => {
  fc.assert(
    fc.property(bodies, cuts, fc.boolean(), ({ body, clean, payload }, at, fast) => {
      const out = decode(`${body}GET /`, cutsOf(body, at), fast);
      assert.deepEqual([out.event, out.consumed, out.verbatim], [ChunkEvent.done, body.length, clean]);
      if (!fast) assert.equal(out.payload, payload);
      const single = decode(
        body,
        Array.from(body, (_, i) => i),
        fast,
      );
      assert.deepEqual([single.event, single.consumed, single.verbatim], [ChunkEvent.done, body.length, clean]);
    }),
    { numRuns: 800 },
  );
});

const spoiled = fc
  .tuple(
    bodies,
    fc.array(fc.tuple(fc.nat(), fc.nat({ max: 2 }), fc.oneof(fc.constantFrom(...'\r\n;: 0fG"\\\u0000'), latin1)), {
      minLength: 1,
      maxLength: 3,
    }),
  )
  .map(([{ body }, edits]) =>
    edits.reduce((text, [at, remove, put]) => {
      const cut = at % (text.length + 1);
      return text.slice(0, cut) + put + text.slice(cut + remove);
    }, body),
  );

test('spoiled bodies end the same way wherever they are cut, and nothing is read outside of the input', () => {
  fc.assert(
    fc.property(spoiled, cuts, fc.boolean(), (body, at, fast) => {
      const whole = decode(body, [], false);
      const out = decode(body, cutsOf(body, at), fast);
      assert.equal(out.event, whole.event, JSON.stringify(body));
      if (whole.event === ChunkEvent.done)
        assert.deepEqual([out.consumed, out.verbatim], [whole.consumed, whole.verbatim]);
    }),
    { numRuns: 2000 },
  );
});

/** The grammar once more, for bodies without extensions or trailers. */
function oraclePayload(body: string): string | null {
  let payload = '';
  for (let at = 0; ;) {
    const line = /^([0-9A-Fa-f]{1,32})\r\n/.exec(body.slice(at));
    if (line === null) return null;
    const length = Number.parseInt(line[1] as string, 16);
    at += line[0].length;
    if (length === 0) return body.startsWith('\r\n', at) ? payload : null;
    payload += body.slice(at, at + length);
    at += length;
    if (!body.startsWith('\r\n', at)) return null;
    at += 2;
  }
}

test('what has neither extension nor trailer is complete exactly when the grammar says so', () => {
  const plain = spoiled.filter((body) => !/[;:\t ]/.test(body));
  fc.assert(
    fc.property(plain, (body) => {
      const out = decode(body, [], false);
      assert.equal(out.event === ChunkEvent.done ? out.payload : null, oraclePayload(body), JSON.stringify(body));
    }),
    { numRuns: 2000 },
  );
});
