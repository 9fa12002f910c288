import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_CAPACITY, Layout } from '#memory/layout.ts';
import { ProcessTable } from '#memory/process-table.ts';
import { VirtualTimers } from '../../test/support/virtual-timers.ts';
import { MemorySampler } from './memory-sampler.ts';

function table(): ProcessTable {
  const capacity = { ...DEFAULT_CAPACITY, workers: 1 };
  return new ProcessTable(new Layout(capacity, new ArrayBuffer(64)));
}

test('the table follows the size of the process until the sampler is stopped', async () => {
  const timers = new VirtualTimers();
  const sampled = table();
  let bytes = 100;
  const sampler = new MemorySampler(sampled, timers, () => bytes);
  sampler.start();
  assert.equal(sampled.residentBytes, 100, 'known at once');
  bytes = 200;
  await timers.advance(499);
  assert.equal(sampled.residentBytes, 100);
  await timers.advance(1);
  assert.equal(sampled.residentBytes, 200);
  bytes = 300;
  await timers.advance(500);
  assert.equal(sampled.residentBytes, 300);
  sampler.stop();
  bytes = 400;
  await timers.advance(5000);
  assert.equal(sampled.residentBytes, 300);
  assert.equal(timers.pending, 0);
});

test('by default it is the size of this very process', () => {
  const sampled = table();
  const sampler = new MemorySampler(sampled, new VirtualTimers());
  sampler.start();
  assert.ok(sampled.residentBytes > 10e6 && sampled.residentBytes < 100e9, String(sampled.residentBytes));
  sampler.stop();
});
