/**
 * What a broken or odd backend may answer: every case is played through a running EdgeBalancer, and the same client and
 * a new one must still get right answers afterwards.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Balancer } from '../support/balancer.ts';
import { Recorder } from '../support/recorder.ts';
import { loadCases } from './cases.ts';
import { oneBackend } from './configuration.ts';
import { judgeResponse, playResponse, type ResponseCase } from './response-case.ts';

for (const file of ['upstream-responses.json', 'more-responses.json']) {
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

    for (const one of loadCases<ResponseCase>(file)) {
      test(one.name, async () => {
        const problems = judgeResponse(one, await playResponse(one, balancer.port, recorder));
        assert.deepEqual(problems, [], one.why);
      });
    }
  });
}
