import assert from 'node:assert/strict';
import { test } from 'node:test';
import { table } from './table.ts';

test('columns are as wide as what they hold, colours not counted', () => {
  const text = table(
    ['NAME', 'N'],
    [
      ['\u001b[32mlonger\u001b[39m', '7'],
      ['b', '100'],
    ],
    [1],
  );
  assert.equal(text, 'NAME      N\n\u001b[32mlonger\u001b[39m    7\nb       100\n');
});
