import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expand } from './environment.ts';

const ENV = { HOST: 'app', PORT: '3000', EMPTY: '', TRICK: '${HOST}' };

test('references are replaced, once', () => {
  const cases: [string, string, boolean][] = [
    ['${HOST}', 'app', true],
    ['http://${HOST}:${PORT}', 'http://app:3000', false],
    ['${NONE:-x}', 'x', true],
    ['${NONE:-}', '', true],
    ['${EMPTY:-x}', 'x', true],
    ['${EMPTY}', '', true],
    ['${HOST:-x}', 'app', true],
    ['${NONE:-a:-b}', 'a:-b', true],
    ['$${HOST}', '${HOST}', false],
    ['$$${HOST}', '$${HOST}', false],
    ['${TRICK}', '${HOST}', true],
    ['${HOST}${PORT}', 'app3000', false],
  ];
  for (const [text, expected, whole] of cases) {
    assert.deepEqual(expand(text, ENV), { text: expected, whole, problems: [] }, text);
  }
  for (const text of ['plain', '$HOST', '{HOST}', '$']) assert.equal(expand(text, ENV), null, text);
});

test('what cannot be read says why', () => {
  const problems = (text: string): readonly string[] => expand(text, ENV)?.problems ?? [];
  assert.deepEqual(problems('${NOPE}'), ['the environment has no `NOPE`; set it, or write `${NOPE:-default}`']);
  assert.deepEqual(problems('${PROT}'), [
    'the environment has no `PROT`; set it, or write `${PROT:-default}`, or did you mean `PORT`?',
  ]);
  assert.deepEqual(problems('${HOST'), [
    '`${HOST` is not closed; write `${NAME}`, or `$${` for the characters themselves',
  ]);
  for (const inside of ['', 'a b', '1A', 'HOST-x', 'HOST:x']) {
    assert.deepEqual(problems(`\${${inside}}`), [
      `\`\${${inside}}\` is not a reference; write \`\${NAME}\` or \`\${NAME:-default}\`, or \`$\${\` for the characters themselves`,
    ]);
  }
  assert.equal(problems('${A_ONE} ${B_TWO}').length, 2);
  assert.equal(problems('${toString}').length, 1, 'no inherited names');
});
