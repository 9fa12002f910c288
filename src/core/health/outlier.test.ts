import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createPrng } from '../math/prng.ts';
import { isOutlier } from './outlier.ts';

describe('an outlier', () => {
  test('fails a tenth or more, three times as often as the others, beyond four standard errors', () => {
    for (const [failures, attempts, otherFailures, otherAttempts, expected] of [
      [20, 100, 1, 300, true],
      [20, 100, 0, 300, true],
      [9, 100, 0, 300, false], // less than a tenth
      [20, 100, 30, 300, false], // twice as often
      [4, 10, 0, 20, false], // could be chance
      [100, 100, 299, 300, false], // all fail
      [0, 100, 0, 100, false],
      [5, 0, 0, 100, false],
      [5, 10, 0, 0, false],
    ] as const) {
      const says = isOutlier(failures, attempts, otherFailures, otherAttempts);
      assert.equal(says, expected, `${failures}/${attempts} beside ${otherFailures}/${otherAttempts}`);
    }
  });

  test('is hardly ever found among equals, looked at again and again', (t) => {
    const seed = 20_261;
    t.diagnostic(`seed ${seed}`);
    const random = createPrng(seed);
    let looks = 0;
    let found = 0;
    for (let round = 0; round < 400; round++) {
      const share = 0.01 + 0.4 * random();
      let [failures, otherFailures] = [0, 0];
      for (let attempts = 1; attempts <= 200; attempts++) {
        if (random() < share) failures += 1;
        for (let other = 0; other < 3; other++) if (random() < share) otherFailures += 1;
        if (attempts < 20) continue;
        looks += 1;
        if (isOutlier(failures, attempts, otherFailures, attempts * 3)) found += 1;
      }
    }
    assert.ok(found / looks < 0.001, `${found} of ${looks} looks`);
  });

  test('is found within a window when it loses one request in five', (t) => {
    const seed = 20_262;
    t.diagnostic(`seed ${seed}`);
    const random = createPrng(seed);
    let late = 0;
    for (let round = 0; round < 200; round++) {
      let [failures, otherFailures, attempts] = [0, 0, 0];
      do {
        attempts += 1;
        if (random() < 0.2) failures += 1;
        for (let other = 0; other < 3; other++) if (random() < 0.005) otherFailures += 1;
      } while (attempts < 150 && (attempts < 20 || !isOutlier(failures, attempts, otherFailures, attempts * 3)));
      if (attempts === 150) late += 1;
    }
    assert.ok(late <= 4, `${late} of 200 were not found in 150 requests`);
  });
});
