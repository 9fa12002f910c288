import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CHARACTERS, isIll } from './backends.ts';

test('exactly one demo backend fails, for a while, now and then', () => {
  const moody = CHARACTERS.filter((character) => character.moods !== null);
  assert.equal(moody.length, 1);
  const [character] = moody;
  assert.ok(character);
  const ill = Array.from({ length: 200 }, (_, second) => isIll(character, second * 1000));
  assert.deepEqual(
    [ill[0], ill[19], ill[20], ill[31], ill[32], ill[79], ill[80], ill[91], ill[92]],
    [false, false, true, true, false, false, true, true, false],
  );
  for (const other of CHARACTERS) if (other !== character) assert.equal(isIll(other, 25_000), false);
});
