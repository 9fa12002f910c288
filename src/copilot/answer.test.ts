import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { backendReading, poolReading, readings, span } from '../../test/support/copilot-readings.ts';
import { answer, EXAMPLES, gapsOf } from './answer.ts';
import { diagnose } from './diagnose.ts';
import type { Readings } from './readings.ts';
import { name, say } from './told.ts';
import { standing } from './cited.ts';

const slow = backendReading('b', { recent: span(400, 200), earlier: span(2000, 8) });
const ill = readings({ pools: [poolReading({ backends: [backendReading('a'), slow, backendReading('c')] })] });
const asked = (question: string, given: Readings = ill) => answer(question, given, diagnose(given));
const rulesOf = (question: string): string[] => asked(question)?.findings.map(({ rule }) => rule) ?? [];

describe('questions', () => {
  test('every example is answered', () => {
    for (const example of EXAMPLES) assert.ok(asked(example) !== null, example);
  });

  test('why it is slow names the slow backend', () => {
    for (const question of ['Why is p99 high?', 'why so slow', 'What is with latency?', 'Which backend is unhealthy?'])
      assert.deepEqual(rulesOf(question), ['brown-out'], question);
  });

  test('what would happen is asked of the simulator, about the backend that is named', () => {
    const reply = asked('What would happen without b?');
    assert.equal(reply?.whatIf?.pool, 'app');
    assert.deepEqual(reply?.whatIf?.changes, [{ kind: 'without', backend: 'b' }]);
    assert.equal(asked('what would happen without "a"?')?.whatIf?.changes[0]?.kind, 'without');
  });

  test('a backend by its name is a question about it; `a` alone is an article', () => {
    assert.ok(asked('c?')?.texts.some(({ text }) => text.includes('`c`')));
    assert.equal(asked('a fish'), null);
  });

  test('what has no known word has no answer', () => {
    for (const question of ['', '?', 'sing me a song', '日本語', 'constructor __proto__', '$& ` \u0000'])
      assert.equal(asked(question), null, question);
  });

  test('a finding of another pool is not told of the one that is named', () => {
    const two = readings({ pools: [...ill.pools, poolReading({ name: 'other' })] });
    assert.deepEqual(asked('Why is p99 of other high?', two)?.findings, []);
    assert.equal(asked('Why is p99 of app high?', two)?.findings.length, 1);
  });
});

test('a young process says what it has not seen yet', () => {
  const [first] = gapsOf(readings({ windowS: 12 }), true);
  assert.match(first?.text ?? '', /^It has only watched for 12 s of 60 s/);
  assert.deepEqual(first?.cites.map(({ value }) => value).toSorted(), [12, 60]);
});

describe('texts', () => {
  const requests = standing('requests', {}, 12.3456, 'count', 'GET /admin/metrics');

  test('show a number and where it is from', () => {
    const told = say`${requests} requests, p99 of ${name('app')}`;
    assert.equal(told.text, '12.3 requests, p99 of `app`');
    assert.deepEqual(told.cites, [{ ...requests, shown: '12.3' }]);
  });

  test('refuse a number that is nobody’s', () => {
    assert.throws(() => say`about 12 requests`, /a number without a source/);
    assert.doesNotThrow(() => say`p99 and http2`);
  });

  test('keep names from acting: backticks, controls, direction marks, length', () => {
    assert.equal(say`${name('a`b\u001B[31m\u202E')}`.text, '`a?b?[31m?`');
    assert.equal(say`${name('x'.repeat(500))}`.text.length, 83);
  });
});
