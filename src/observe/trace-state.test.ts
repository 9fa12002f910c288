import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { TraceState } from './trace-state.ts';

/** What goes on of these lines, and whether they may go as they are. */
function passed(...lines: string[]): { readonly value: string; readonly asIs: boolean } {
  const state = new TraceState();
  const buf = Buffer.from(lines.join('\n'), 'latin1');
  state.begin();
  let at = 0;
  for (const line of lines) {
    state.line(buf, at, at + line.length);
    at += line.length + 1;
  }
  const asIs = state.finish();
  const into = Buffer.alloc(1024);
  const end = state.write(buf, into, 0);
  assert.equal(end, state.bytes);
  return { value: into.toString('latin1', 0, end), asIs };
}

describe('a tracestate', () => {
  test('that is valid goes on as it is', () => {
    for (const good of [
      'a=1',
      'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE',
      'fw529a3039@dt=FfI, x',
      '1a=~!"#$%&\'()*+-./:;<>?@[]^_`{|}',
    ])
      assert.deepEqual(passed(good.replace(', x', '')), { value: good.replace(', x', ''), asIs: true }, good);
  });

  test('on several lines, or loosely written, becomes one', () => {
    assert.deepEqual(passed('a=1', 'b=2,c=3'), { value: 'a=1,b=2,c=3', asIs: false });
    assert.deepEqual(passed('a=1 ,\t b=2,,'), { value: 'a=1,b=2', asIs: false });
    assert.deepEqual(passed('a=1', ''), { value: 'a=1', asIs: false });
  });

  test('that is not valid does not go on at all', () => {
    const many = (count: number): string => Array.from({ length: count }, (_, at) => `k${at}=1`).join(',');
    for (const bad of ['a', '=1', 'a=', 'A=1', 'a=1,b=é', 'a=1=2', '_a=1', 'a@b@c=1', `${'k'.repeat(257)}=1`, many(33)])
      assert.deepEqual(passed(bad), { value: '', asIs: false }, bad);
    assert.equal(passed(many(32)).asIs, true);
  });

  test('that is too long loses long members first, then the last', () => {
    const long = `long=${'x'.repeat(200)}`;
    const short = (at: number): string => `k${at}=${'v'.repeat(60)}`;
    const kept = Array.from({ length: 7 }, (_, at) => short(at));
    assert.equal(passed([long, ...kept].join(',')).value, kept.join(','));
    const nine = Array.from({ length: 9 }, (_, at) => short(at));
    assert.equal(passed(nine.join(',')).value, nine.slice(0, 8).join(','));
    assert.equal(passed(nine.join(',')).asIs, false);
  });

  test('whatever it is: what goes on is short, valid, and of its own members in their order', () => {
    const member = fc.string({ unit: fc.constantFrom('a', '1', '=', ' ', '@', '_', 'Z', 'é'), maxLength: 12 });
    const sound = fc
      .tuple(fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/), fc.integer({ min: 1, max: 250 }))
      .map(([key, length]) => `${key}=${'v'.repeat(length)}`);
    const line = fc
      .array(fc.oneof({ weight: 9, arbitrary: sound }, member), { maxLength: 12 })
      .map((all) => all.join(','));
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 3 }), (lines) => {
        const { value, asIs } = passed(...lines);
        assert.ok(value.length <= 512);
        if (asIs) assert.equal(value, lines.join());
        if (value === '') return;
        const all = lines
          .join()
          .split(',')
          .map((one) => one.replace(/^[ \t]+|[ \t]+$/g, ''));
        let from = 0;
        for (const one of value.split(',')) {
          assert.match(one, /^[a-z0-9][a-z0-9_\-*/@]*=[\x20-\x2b\x2d-\x3c\x3e-\x7e]+$/);
          from = all.indexOf(one, from) + 1;
          assert.ok(from > 0, one);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
