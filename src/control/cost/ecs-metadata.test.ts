import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EcsMetadata, taskOf } from './ecs-metadata.ts';

/** As the documentation shows it, without what is not read. */
const TASK = {
  Cluster: 'arn:aws:ecs:us-west-1:111122223333:cluster/edge',
  TaskARN: 'arn:aws:ecs:us-west-1:111122223333:task/edge/33d0f5303e324bce',
  Family: 'edge',
  Limits: { CPU: 0.25, Memory: 512 },
  AvailabilityZone: 'us-west-1c',
  LaunchType: 'FARGATE',
  Containers: [],
};

test('size, region and zone of a task', () => {
  assert.deepEqual(taskOf(TASK), {
    region: 'us-west-1',
    vcpu: 0.25,
    memoryGiB: 0.5,
    launchType: 'FARGATE',
    availabilityZone: 'us-west-1c',
  });
  assert.deepEqual(taskOf({ TaskARN: TASK.TaskARN, LaunchType: 'EC2' }), {
    region: 'us-west-1',
    vcpu: null,
    memoryGiB: null,
    launchType: 'EC2',
    availabilityZone: null,
  });
  for (const odd of [
    null,
    'x',
    {},
    { TaskARN: 'x' },
    { TaskARN: 'arn:aws:s3:::bucket' },
    { ...TASK, Limits: { CPU: -1 } },
  ])
    assert.equal(taskOf(odd), null);
});

test('it is asked for once; while it does not answer, once a minute', async () => {
  let nowMs = 0;
  let asked = 0;
  let answer: () => Promise<Response> = () => Promise.reject(new Error('no route'));
  const request = () => {
    asked++;
    return answer();
  };
  const metadata = new EcsMetadata(
    { ECS_CONTAINER_METADATA_URI_V4: 'http://169.254.170.2/v4/x' },
    request,
    () => nowMs,
  );
  assert.equal(await metadata.task(), null);
  assert.equal(await metadata.task(), null);
  assert.equal(asked, 1);
  nowMs = 60_000;
  answer = () => Promise.resolve(new Response('not json'));
  assert.equal(await metadata.task(), null);
  nowMs = 120_000;
  answer = () => Promise.resolve(Response.json(TASK));
  assert.equal((await metadata.task())?.region, 'us-west-1');
  nowMs = 999_000;
  await metadata.task();
  assert.equal(asked, 3);
});

test('outside ECS nothing is asked', async () => {
  const metadata = new EcsMetadata(
    {},
    () => assert.fail('asked'),
    () => 0,
  );
  assert.equal(await metadata.task(), null);
});
