import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { TRACEPARENT_BYTES, TraceContext, parentAt, writeSpanId } from './trace-context.ts';

const GOOD = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

/** Reads a traceparent that stands somewhere in a larger buffer; what is written for it again, null when it is refused. */
function again(text: string): string | null {
  const context = new TraceContext();
  const buf = Buffer.from(`a${text}f`, 'latin1');
  if (!context.read(buf, 1, buf.length - 1)) return null;
  const into = Buffer.alloc(TRACEPARENT_BYTES);
  assert.equal(context.write(into, 0, context.parentHigh, context.parentLow), TRACEPARENT_BYTES);
  return into.toString('latin1');
}

/** The specification's rules as a pattern; null where it says "invalid". */
function model(text: string): string | null {
  const match = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/s.exec(text);
  if (match === null) return null;
  const [, version, trace, parent, flags, more] = match as unknown as string[];
  if (version === 'ff' || (version === '00' && more !== undefined)) return null;
  if (/^0+$/.test(trace as string) || /^0+$/.test(parent as string)) return null;
  return `00-${trace}-${parent}-0${(parseInt(flags as string, 16) & 3).toString(16)}`;
}

describe('a traceparent', () => {
  test('that is valid is read whole', () => {
    const context = new TraceContext();
    assert.ok(context.read(Buffer.from(GOOD), 0, GOOD.length));
    assert.deepEqual([...context.id], [0x0af76519, 0x16cd43dd, 0x8448eb21, 0x1c80319c]);
    assert.deepEqual([context.parentHigh, context.parentLow, context.flags], [0xb7ad6b71, 0x69203331, 1]);
    assert.equal(context.isSampled, true);
    assert.equal(again(GOOD), GOOD);
  });

  test('of a later version is read as far as this one knows it', () => {
    assert.equal(again(`cc${GOOD.slice(2)}`), GOOD);
    assert.equal(again(`01${GOOD.slice(2)}-what-comes-later`), GOOD);
    assert.equal(again(`01${GOOD.slice(2)}.what`), null);
    assert.equal(again(`01${GOOD.slice(2)}0`), null);
    assert.equal(again(`00${GOOD.slice(2)}-more`), null);
    assert.equal(again(`ff${GOOD.slice(2)}`), null);
  });

  test('keeps the flags that are known, and no other', () => {
    const flags = (digits: string): string | undefined => again(GOOD.slice(0, -2) + digits)?.slice(-2);
    assert.deepEqual(['00', '01', '02', '03', 'ff', 'fe', '04'].map(flags), ['00', '01', '02', '03', '03', '02', '00']);
    assert.equal(flags('0G'), undefined);
  });

  test('is refused where anything is wrong', () => {
    for (const bad of [
      '',
      GOOD.slice(0, -1),
      GOOD.toUpperCase(),
      GOOD.replace('0af7651916cd43dd8448eb211c80319c', '0'.repeat(32)),
      GOOD.replace('b7ad6b7169203331', '0'.repeat(16)),
      GOOD.replaceAll('-', '_'),
      ` ${GOOD}`,
      `${GOOD} `,
    ])
      assert.equal(again(bad), null, bad);
  });

  test('whatever it is: as the specification says', () => {
    const near = fc
      .tuple(
        fc.nat(GOOD.length),
        fc.constantFrom('0', 'f', 'g', 'A', '-', ' ', 'ÿ', ''),
        fc.constantFrom('', '-', '-x', 'x'),
      )
      .map(([at, char, more]) => GOOD.slice(0, at) + char + GOOD.slice(at + 1) + more);
    const any = fc.string({ unit: fc.constantFrom(...'0123456789abcdef-g'.split('')), maxLength: 60 });
    fc.assert(
      fc.property(fc.oneof(near, any), (text) => assert.equal(again(text), model(text))),
      { numRuns: 2000 },
    );
  });

  test('made here is valid, even of the worst luck', () => {
    const words = [0, 0, 0, 0];
    const context = new TraceContext();
    context.make({ word: () => words.pop() ?? 0 });
    const into = Buffer.alloc(TRACEPARENT_BYTES);
    context.write(into, 0, 0, 1);
    assert.equal(into.toString(), `00-${'0'.repeat(31)}1-${'0'.repeat(15)}1-00`);
    assert.notEqual(again(into.toString()), null);
  });

  test("gets another span's id in its place", () => {
    const into = Buffer.from(GOOD);
    writeSpanId(into, parentAt(0), 0x00000001, 0xffffffff);
    assert.equal(into.toString(), '00-0af7651916cd43dd8448eb211c80319c-00000001ffffffff-01');
  });
});
