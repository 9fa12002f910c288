import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FARGATE_SIZES, FARGATE_VCPUS, roundUp, sizeForMemory, sizeProblem } from './fargate-sizes.ts';

test('the sizes are those of the documentation', () => {
  const memories = (vcpu: number): number[] =>
    FARGATE_SIZES.filter((size) => size.vcpu === vcpu).map(({ memoryGiB }) => memoryGiB);
  assert.deepEqual(FARGATE_VCPUS, [0.25, 0.5, 1, 2, 4, 8, 16]);
  assert.deepEqual(memories(0.25), [0.5, 1, 2]);
  assert.deepEqual(memories(0.5), [1, 2, 3, 4]);
  assert.deepEqual(memories(1), [2, 3, 4, 5, 6, 7, 8]);
  assert.equal(memories(2).length, 13);
  assert.deepEqual([memories(4).length, memories(4).at(-1)], [23, 30]);
  assert.deepEqual(memories(8), [16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60]);
  assert.deepEqual(memories(16), [32, 40, 48, 56, 64, 72, 80, 88, 96, 104, 112, 120]);
});

test('a size that is not there is refused with those that are nearest', () => {
  assert.equal(sizeProblem({ vcpu: 1, memoryGiB: 2 }), null);
  assert.equal(
    sizeProblem({ vcpu: 1, memoryGiB: 16 }),
    'Fargate has no task of 1 vCPU with 16 GiB: 1 vCPU goes with 2 to 8 GiB in steps of 1, the nearest being 8 GiB; 16 GiB goes with 2, 4 or 8 vCPU.',
  );
  assert.equal(
    sizeProblem({ vcpu: 0.25, memoryGiB: 0.1 }),
    'Fargate has no task of 0.25 vCPU with 0.1 GiB: 0.25 vCPU goes with 0.5, 1 or 2 GiB, the nearest being 0.5 GiB.',
  );
  assert.equal(
    sizeProblem({ vcpu: 3, memoryGiB: 5 }),
    'Fargate has no task of 3 vCPU; it has 0.25, 0.5, 1, 2, 4, 8 or 16, and the nearest size is 2 vCPU with 5 GiB.',
  );
});

test('rounding up takes the least CPU that is enough, and the least memory that goes with it', () => {
  assert.deepEqual(roundUp(2, 23.5), { vcpu: 2, memoryGiB: 16 });
  assert.deepEqual(roundUp(1, 0.4), { vcpu: 1, memoryGiB: 2 });
  assert.deepEqual(roundUp(3, 9.5), { vcpu: 4, memoryGiB: 10 });
  assert.deepEqual(roundUp(64, 256), { vcpu: 16, memoryGiB: 120 });
  assert.deepEqual(sizeForMemory(16, 1), { vcpu: 2, memoryGiB: 16 });
  assert.deepEqual(sizeForMemory(2, 4), { vcpu: 1, memoryGiB: 2 });
  assert.equal(sizeForMemory(17.5, 4), null);
});

test('property: what rounding up gives exists, and is enough wherever anything is', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.01, max: 40, noNaN: true }),
      fc.double({ min: 0.01, max: 300, noNaN: true }),
      (cpu, gib) => {
        const size = roundUp(cpu, gib);
        assert.equal(sizeProblem(size), null);
        assert.ok(size.vcpu >= Math.min(cpu, 16));
        const most = Math.max(
          ...FARGATE_SIZES.filter(({ vcpu }) => vcpu === size.vcpu).map(({ memoryGiB }) => memoryGiB),
        );
        assert.ok(size.memoryGiB >= Math.min(gib, most));
      },
    ),
  );
});
