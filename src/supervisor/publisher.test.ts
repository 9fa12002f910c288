import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Plan } from '#core/plan.ts';
import type { ToWorker } from '#worker/messages.ts';
import { LogRecord, VirtualTimers, settled } from '../../test/support/virtual-timers.ts';
import { Publisher } from './publisher.ts';

function setUp() {
  const told: ToWorker[] = [];
  const audience = { obeyedEdition: 1, broadcast: (message: ToWorker) => void told.push(message) };
  const timers = new VirtualTimers();
  const log = new LogRecord();
  return { told, audience, timers, log, publisher: new Publisher(audience, timers, log) };
}
const plan = (revision: number) => ({ revision, edition: revision }) as Plan;

describe('publisher', () => {
  test('a plan is out when the slowest worker obeys it', async () => {
    const { told, audience, timers, publisher } = setUp();
    let out: boolean | null = null;
    void publisher.publish(plan(2), {}, { listeners: {}, pools: {} }).then((all) => (out = all));
    assert.deepEqual(told, [{ type: 'plan', plan: plan(2), addresses: {}, tls: { listeners: {}, pools: {} } }]);
    publisher.progress();
    await settled();
    assert.equal(out, null);
    audience.obeyedEdition = 2;
    publisher.progress();
    await settled();
    assert.equal(out, true);
    assert.equal(timers.pending, 0);
  });

  test('a worker that does not answer is logged, and nobody waits for ever', async () => {
    const { timers, log, publisher } = setUp();
    let out: boolean | null = null;
    void publisher.publish(plan(2), {}, { listeners: {}, pools: {} }).then((all) => (out = all));
    await timers.advance(5_000);
    assert.equal(out, false);
    assert.match(log.lines.join(), /warn a worker has not taken the new plan/);
  });
});
