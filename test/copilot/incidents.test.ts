/** A part of `npm run copilot:incidents`: faults in a running balancer with real backends, and what the copilot says first. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { playAll } from './incidents/lanes.ts';
import { HEALTHY, INCIDENTS } from './incidents/scenes.ts';

const CHOSEN = [
  'b resets connections',
  'all backends answer with errors',
  'b says that it is not ready',
  'b becomes slow, under turns',
  'all backends become slow',
  'a rate limit refuses most requests',
  'circuits are off',
  'one try may take as long as the request',
  'the default strategy',
  'turns',
  'few requests',
  'a second tier that waits',
];
/** As of the whole suite nine tenths must be right, so may one of these be wrong: a busy machine slows backends down by itself. */
const WRONG_MAX = 1;

test('the cause is named first, and nothing where nothing is wrong', async (t) => {
  const scenes = [...INCIDENTS, ...HEALTHY].filter(({ name }) => CHOSEN.includes(name));
  assert.equal(scenes.length, CHOSEN.length, 'a scene has another name now');
  const staged = await playAll(scenes, () => {});
  const wrong = staged.filter(({ isRight }) => !isRight);
  for (const { scene, findings } of wrong) {
    const said = findings.map(({ rule, place }) => `${rule} ${place.backend ?? place.pool ?? ''}`).join('; ');
    t.diagnostic(`${scene.name}: ${said === '' ? 'nothing' : said}`);
  }
  assert.ok(wrong.length <= WRONG_MAX, wrong.map(({ scene }) => scene.name).join(', '));
});

test('the whole suite is as large as it must be', () => {
  assert.ok(INCIDENTS.length >= 30 && HEALTHY.length >= 20);
  assert.equal(new Set([...INCIDENTS, ...HEALTHY].map(({ name }) => name)).size, INCIDENTS.length + HEALTHY.length);
});
