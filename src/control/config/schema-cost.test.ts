import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from './load.ts';
import { formatProblem } from './problem.ts';

const load = (cost: string) => loadConfig(`pools: { app: { backends: ["http://a:1"] } }\ncost: ${cost}\n`, 'f', {});
const problems = (cost: string): string[] => load(cost).problems.map(formatProblem);

test('by default: Fargate, in two zones, sizes found out', () => {
  const { config, notes } = load('{}');
  assert.deepEqual(
    [config?.cost.platform, config?.cost.region, config?.cost.tasks, config?.cost.vcpu, config?.cost.memoryGiB],
    ['aws-fargate', 'auto', 'auto', 'auto', 'auto'],
  );
  assert.equal(config?.cost.assume.responseBytes, 16 * 1024);
  assert.deepEqual(config?.cost.prices, {});
  assert.ok(!notes.some((note) => note.startsWith('cost')), notes.join('\n'));
});

test('what cannot be is refused, with what would be right', () => {
  assert.deepEqual(problems('{ vcpu: 1, memoryGiB: 16 }'), [
    'f:2:29: cost.memoryGiB: Fargate has no task of 1 vCPU with 16 GiB: 1 vCPU goes with 2 to 8 GiB in steps of 1, the nearest being 8 GiB; 16 GiB goes with 2, 4 or 8 vCPU.',
  ]);
  assert.deepEqual(problems('{ vcpu: 3 }'), [
    'f:2:15: cost.vcpu: Fargate has no task of 3 vCPU; it has 0.25, 0.5, 1, 2, 4, 8, 16',
  ]);
  assert.deepEqual(problems('{ platform: aws-ec2, vcpu: 3 }'), []);
  assert.deepEqual(problems('{ platform: custom }'), [
    'f:2:1: cost.items: `platform: custom` is priced by `items` alone, and there is none; give at least one',
  ]);
  assert.match(problems('{ currency: EUR }')[0] ?? '', /^f:2:19: cost\.currency: prices of `aws-fargate` are in USD/);
  assert.match(problems('{ prices: { albHuor: 1 } }')[0] ?? '', /unknown key `albHuor`; did you mean `albHour`\?$/);
  assert.match(
    problems('{ prices: { albHour: -1 } }')[0] ?? '',
    /cost\.prices\.albHour: `-1` is too small; 0 is the least$/,
  );
  assert.match(problems('{ region: "US East" }')[0] ?? '', /expected a region such as `us-east-1`, or `auto`$/);
  assert.match(problems('{ tasks: 1.5 }')[0] ?? '', /cost\.tasks: expected `auto` or a number above 0$/);
});
