import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8 } from '../math/hash.ts';
import { fillMaglev, MAGLEV_CELLS, orderOf } from './maglev.ts';

const orders = (count: number, start = 0): ReturnType<typeof orderOf>[] =>
  Array.from({ length: count }, (_, at) => orderOf(utf8(`10.0.0.${at + start}:8080`)));

function fill(count: number, weights = new Array<number>(count).fill(1)): Uint16Array {
  const table = new Uint16Array(MAGLEV_CELLS).fill(65_535);
  fillMaglev(table, orders(count), weights);
  return table;
}

function cells(table: Uint16Array, count: number): number[] {
  const of = new Array<number>(count).fill(0);
  for (const at of table) of[at]++;
  return of;
}

test('the table is of prime length, and full', () => {
  for (let divisor = 2; divisor * divisor <= MAGLEV_CELLS; divisor++) assert.notEqual(MAGLEV_CELLS % divisor, 0);
  assert.ok(fill(70).every((at) => at < 70));
});

test('equal weights get the same number of cells, to within one', () => {
  for (const count of [1, 65, 100, 1000]) {
    const of = cells(fill(count), count);
    assert.ok(Math.max(...of) - Math.min(...of) <= 1, `${count} backends`);
  }
});

test('weights get their shares, to within two cells', () => {
  const weights = Array.from({ length: 80 }, (_, at) => 0.1 + (at % 7) * 1.3);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  cells(fill(80, weights), 80).forEach((count, at) => {
    const share = (MAGLEV_CELLS * weights[at]) / total;
    assert.ok(Math.abs(count - share) <= 2, `${count}, not ${share}`);
  });
});

test('when one of 100 goes, few cells of the others change hands', () => {
  const before = fill(100);
  const without = new Uint16Array(MAGLEV_CELLS);
  fillMaglev(without, orders(99), new Array<number>(99).fill(1));
  let kept = 0;
  let moved = 0;
  for (let cell = 0; cell < MAGLEV_CELLS; cell++) {
    if (before[cell] === 99) continue;
    if (before[cell] === without[cell]) kept++;
    else moved++;
  }
  assert.ok(moved / (kept + moved) < 0.008, `${((moved / (kept + moved)) * 100).toFixed(2)} %`);
});
