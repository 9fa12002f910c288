/** Fresh for whoever asks now and then; given again to whoever asks without end. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { json, type Answer } from './answer.ts';
import { RepeatedAnswers } from './repeated-answers.ts';

describe('answers that are asked for again', () => {
  const counting = (): (() => Answer) => {
    let made = 0;
    return () => json(++made);
  };
  const bodyAt = (answers: RepeatedAnswers, make: () => Answer, nowMs: number, revision = 1): unknown =>
    Number(answers.take('metrics', revision, nowMs, make).body);

  test('are made anew for each of twenty in a second', () => {
    const [answers, make] = [new RepeatedAnswers(), counting()];
    const seen = Array.from({ length: 100 }, (_, at) => bodyAt(answers, make, at * 50));
    assert.deepEqual(
      seen,
      Array.from({ length: 100 }, (_, at) => at + 1),
    );
  });

  test('are made five times a second when there are more, and are never older than 200 ms', () => {
    const [answers, make] = [new RepeatedAnswers(), counting()];
    let madeMs = 0;
    let before: unknown = null;
    for (let nowMs = 0; nowMs < 10_000; nowMs++) {
      const seen = bodyAt(answers, make, nowMs);
      if (seen !== before) madeMs = nowMs;
      before = seen;
      assert.ok(nowMs - madeMs < 200);
    }
    // In each second twenty that are fresh for everybody, then five.
    assert.ok(Number(before) <= 10 * 25, `${String(before)} were made`);
  });

  test('are never of an earlier revision, nor of another kind', () => {
    const [answers, make] = [new RepeatedAnswers(), counting()];
    for (let turn = 0; turn < 40; turn++) bodyAt(answers, make, 0);
    const same = bodyAt(answers, make, 0);
    assert.equal(bodyAt(answers, make, 0), same);
    assert.notEqual(bodyAt(answers, make, 0, 2), same);
    assert.equal(answers.take('other', 1, 0, () => json('other')).body, '"other"\n');
  });
});
