import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { malformedAt, readJson } from './json-text.ts';

test('a key that is there twice is refused with its place, however it is written, and only in one mapping', () => {
  const twice = (text: string): string | undefined => {
    const reading = readJson(text);
    return 'problem' in reading ? reading.problem : undefined;
  };
  const says = 'is there already in its mapping; which one is meant?';
  assert.equal(twice('{"pool":"a",\n "pool":"b"}'), `the key at line 2, column 2 ${says}`);
  assert.equal(twice('[1,{"a":{"x":1,"y":[{}],"\\u0078":2}}]'), `the key at line 1, column 25 ${says}`);
  assert.equal(twice('{"a\\"":1,"b":"\\\\","a\\"":2}'), `the key at line 1, column 19 ${says}`);
  for (const text of ['{"a":{"a":{"a":"a"}},"b":["a","a"]}', '[{"a":1},{"a":1}]', '{"a":"{\\"a\\":1","b":","}'])
    assert.equal(twice(text), undefined, text);
});

describe('JSON that somebody sent', () => {
  test('is read, or its fault is placed', () => {
    const cases: [string, number, number][] = [
      ['', 1, 1],
      ['{', 1, 2],
      ['{"a": 1', 1, 8],
      ['{"a": 1,}', 1, 9],
      ['{"a": 1\n "b": 2}', 2, 2],
      ['{a: 1}', 1, 2],
      ["{'a': 1}", 1, 2],
      ['[1, 2', 1, 6],
      ['[1 2]', 1, 4],
      ['[1,, 2]', 1, 4],
      ['[01]', 1, 2],
      ['[1.]', 1, 2],
      ['{"a" 1}', 1, 6],
      ['{"a": nul}', 1, 7],
      ['"a\nb"', 1, 1],
      ['"\\x"', 1, 1],
      ['1 2', 1, 3],
      ['[1]]', 1, 4],
      ['{"a": 1]', 1, 8],
    ];
    for (const [text, line, column] of cases) {
      const reading = readJson(text);
      assert.ok('problem' in reading, text);
      assert.match(reading.problem, new RegExp(`line ${line}, column ${column} `), text);
    }
  });

  test('is never repeated in what is said of it', () => {
    const reading = readJson('{"token": "hunter2" oops}');
    assert.ok('problem' in reading && !reading.problem.includes('hunter2'));
  });

  test('has no __proto__ and no great depth', () => {
    for (const text of ['{"__proto__": 1}', '[{"a": {"\\u005f_proto__": 1}}]', '['.repeat(100) + ']'.repeat(100)])
      assert.ok('problem' in readJson(text), text);
    assert.deepEqual(readJson('{"a": [{"constructor": 1}]}'), { value: { a: [{ constructor: 1 }] } });
  });

  test('the place is right: whatever is whole has none, and of what is cut or spoilt it is where the fault is', (t) => {
    const options = {
      numRuns: 2000,
      reporter: (out: { failed: boolean; seed: number }) => out.failed && t.diagnostic(`seed ${out.seed}`),
    };
    fc.assert(
      fc.property(fc.jsonValue(), fc.boolean(), (value, wide) => {
        const text = JSON.stringify(value, null, wide ? 2 : 0);
        assert.equal(malformedAt(text), text.length);
        assert.ok('value' in readJson(text) || text.includes('__proto__'));
      }),
      options,
    );
    // What stands before the fault can always be gone on with, so the fault is never placed too late.
    fc.assert(
      fc.property(fc.json(), fc.nat(), fc.constantFrom(...'}]{[,:"x0 \n\\'), (text, at, char) => {
        const place = at % (text.length + 1);
        const spoilt = text.slice(0, place) + char + text.slice(place);
        let whole = true;
        try {
          JSON.parse(spoilt);
        } catch {
          whole = false;
        }
        if (whole) assert.equal(malformedAt(spoilt), spoilt.length);
        else assert.ok(malformedAt(spoilt) <= spoilt.length);
      }),
      options,
    );
  });
});
