import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDuration, readRate, readShare, readSize, shorten, type Reading } from './quantities.ts';

type Case = readonly [raw: string | number, expected: number | string];

/** A number is the value; a text is the whole problem. */
function checkAll(read: (raw: string | number) => Reading<number>, cases: readonly Case[]): void {
  for (const [raw, expected] of cases) {
    assert.deepEqual(
      read(raw),
      typeof expected === 'number' ? { value: expected } : { problem: expected },
      String(raw),
    );
  }
}

test('durations are milliseconds', () => {
  const help = 'write a number with its unit: `250ms`, `5s`, `2m` or `1h`';
  checkAll(readDuration, [
    ['250ms', 250],
    ['5s', 5000],
    ['2m', 120_000],
    ['1h', 3_600_000],
    ['1.5s', 1500],
    ['0.5ms', 1],
    ['5 s', 5000],
    ['0', 0],
    [0, 0],
    ['0s', 0],
    ['576h', 24 * 86_400_000],
    [5, `\`5\` has no unit; ${help}`],
    ['5', `\`5\` is not a duration; ${help}`],
    ['fast', `\`fast\` is not a duration; ${help}`],
    ['-5s', `\`-5s\` is not a duration; ${help}`],
    ['5S', `\`5S\` is not a duration; ${help}`],
    ['5d', `\`5d\` is not a duration; ${help}`],
    ['', `\`\` is not a duration; ${help}`],
    ['0.1ms', '`0.1ms` is less than a millisecond; `1ms` is the least'],
    ['577h', '`577h` is too long; 24 days (`576h`) is the most'],
    [`${'9'.repeat(400)}h`, `\`${'9'.repeat(57)}...\` is too long; 24 days (\`576h\`) is the most`],
  ]);
});

test('sizes are bytes: KiB in 1024, KB in 1000', () => {
  const help = 'write bytes or a number with its unit: `4096`, `32KiB`, `1MB`';
  checkAll(readSize, [
    [0, 0],
    [4096, 4096],
    ['4096', 4096],
    ['32KiB', 32_768],
    ['32kib', 32_768],
    ['1MB', 1_000_000],
    ['1kB', 1000],
    ['1.5MiB', 1_572_864],
    ['2 GiB', 2_147_483_648],
    ['1TiB', 1024 ** 4],
    ['7B', 7],
    ['5x', `\`5x\` is not a size; ${help}`],
    ['32K', `\`32K\` is not a size; ${help}`],
    [-1, `\`-1\` is not a size; ${help}`],
    ['1.5', '`1.5` is not a whole number of bytes'],
    ['99999999TB', '`99999999TB` is more than can be counted; `0` means no limit'],
  ]);
});

test('rates are events per second', () => {
  checkAll(readRate, [
    ['100/s', 100],
    ['600/min', 10],
    ['600 / minute', 10],
    ['3600/h', 1],
    ['0.5/s', 0.5],
    ['100', '`100` is not a rate; write `100/s`, `600/min` or `1000/h`'],
    [100, '`100` is not a rate; write `100/s`, `600/min` or `1000/h`'],
    ['100/day', '`100/day` is not a rate; write `100/s`, `600/min` or `1000/h`'],
    ['0/s', '`0/s` lets nothing through; write `null` to turn a rate limit off'],
  ]);
});

test('shares are 0 to 1', () => {
  checkAll(readShare, [
    ['20%', 0.2],
    ['100%', 1],
    ['0%', 0],
    ['0.5 %', 0.005],
    [0.2, 0.2],
    [1, 1],
    [20, '`20` is more than the whole; a share is `0%` to `100%`; did you mean `20%`?'],
    ['120%', '`120%` is more than the whole; a share is `0%` to `100%`'],
    ['half', '`half` is not a share; write `20%` or `0.2`'],
    [-0.1, '`-0.1` is not a share; write `20%` or `0.2`'],
    [NaN, '`NaN` is not a share; write `20%` or `0.2`'],
  ]);
});

test('what is quoted stays on one short line', () => {
  assert.equal(shorten('a\nb\u001b[31m'), 'a b [31m');
  assert.equal(shorten('x'.repeat(61)), `${'x'.repeat(57)}...`);
});
