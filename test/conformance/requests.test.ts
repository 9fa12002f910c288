/**
 * What a client may send: every case is played through a running EdgeBalancer in front of a strict recorder, which plays
 * the only backend (no probes, no retries).
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Balancer } from '../support/balancer.ts';
import { Recorder } from '../support/recorder.ts';
import { loadCases } from './cases.ts';
import { oneBackend } from './configuration.ts';
import { judgeRequest, playRequest, type RequestCase } from './request-case.ts';

for (const file of ['requests.json', 'more-requests.json']) {
  describe(file, () => {
    let recorder: Recorder;
    let balancer: Balancer;
    before(async () => {
      recorder = await Recorder.start();
      balancer = await Balancer.start({ config: oneBackend(recorder.url) });
    });
    after(async () => {
      await balancer.stop();
      await recorder.stop();
    });

    for (const one of loadCases<RequestCase>(file)) {
      test(`${one.category}: ${one.name}`, async () => {
        const problems = judgeRequest(one, await playRequest(one, balancer.port, recorder));
        assert.deepEqual(problems, [], one.why);
      });
    }
  });
}
