import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scanFieldLines } from './field-lines.ts';
import { Fields } from './head.ts';
import { KeepAliveTerms, readKeepAlive } from './keep-alive.ts';
import { bytesOf } from './latin1.ts';

const terms = new KeepAliveTerms();
function termsOf(lines: string): readonly [timeoutS: number, max: number] {
  const buf = bytesOf(`${lines}\r\n`);
  const fields = new Fields(10);
  assert.equal(scanFieldLines(buf, 0, buf.length, fields, 10), buf.length);
  readKeepAlive(buf, fields, terms);
  return [terms.timeoutS, terms.max];
}

test('timeout and max are read, as servers write them', () => {
  const table: readonly (readonly [string, number, number])[] = [
    ['timeout=5', 5, -1],
    ['timeout=5, max=100', 5, 100],
    ['max=0,timeout=0', 0, 0],
    ['Timeout=15\t,\tMAX=99 ', 15, 99],
    [',, timeout=7 ,', 7, -1],
    ['timeout=99999999999999999999', 1_000_000_000, -1],
    ['timeout=9, timeout=3, timeout=5', 3, -1],
  ];
  for (const [value, timeoutS, max] of table)
    assert.deepEqual(termsOf(`Keep-Alive: ${value}\r\n`), [timeoutS, max], value);
  assert.deepEqual(termsOf('Keep-Alive: timeout=9\r\nX: timeout=1\r\nkeep-alive: timeout=4, max=2\r\n'), [4, 2]);
});

test('what is not known or no number says nothing', () => {
  for (const value of [
    '',
    '300',
    'timeout',
    'timeout=',
    'timeout=x',
    'timeout=-1',
    'timeout=1.5',
    'timeout = 5',
    'idle=5',
    'timeouts=5',
    'timeout="5"',
  ])
    assert.deepEqual(termsOf(`Keep-Alive: ${value}\r\n`), [-1, -1], value);
  assert.deepEqual(termsOf('Keep-Alive: x=y=z, timeout=2\r\n'), [2, -1]);
  assert.deepEqual(termsOf('Proxy-Keep-Alive: timeout=5\r\n'), [-1, -1]);
});
