/** docs/scaling.md says what the script works out of the results. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { needOf } from '../../deploy/capacity/capacity.ts';
import { DOCUMENT, renewed } from '../../deploy/capacity/main.ts';
import { hourPrices, measuredFigures } from '../../deploy/capacity/measured.ts';

test('the table of docs/scaling.md is that of the results: `npm run capacity -- --write` makes it anew', () => {
  const document = readFileSync(DOCUMENT, 'utf8');
  const plain = (text: string): string => text.replaceAll(/[ -]+/g, ' ');
  assert.equal(plain(renewed(document)), plain(document));
});

test('tasks follow CPU, never fewer than three; memory follows connections', () => {
  const prices = hourPrices();
  assert.ok(Object.values(prices).every((price) => price > 0));
  const measured = { cpuUs: 20, baseMiB: 100, connectionKiB: 4, sharedOps: 40 };
  const small = needOf(1000, measured, prices);
  assert.equal(small.tasks, 3);
  const large = needOf(6_000_000, measured, prices);
  assert.equal(large.tasks, 100, '2 vCPU, 60 % busy, 20 µs: 60,000 a second each');
  assert.equal(large.storeOps, 4000);
  assert.equal(needOf(6_000_000, { ...measured, cpuUs: 40 }, prices).tasks, 200);
  assert.ok(large.memoryMiB > small.memoryMiB);
});

test('a figure that is not in the results is named', () => {
  assert.throws(() => measuredFigures('nothing'), /no such figure in overhead-full/);
});
