/** ECS and Cloud Map over real HTTP, against a server that checks each signature's form and speaks AWS JSON 1.1. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { awsJsonCall } from '#control/aws/json-call.ts';
import { systemTimers } from '#supervisor/system-timers.ts';
import { until } from '../../../test/support/until.ts';
import type { Member } from '../member.ts';
import { cloudMapSource, ecsSource } from './aws.ts';

type Reply = (action: string, body: Record<string, unknown>) => object | number;

async function awsServer(t: TestContext, reply: Reply) {
  const asked: string[] = [];
  const server = createServer((request, answer) => {
    void (async () => {
      let text = '';
      for await (const part of request) text += String(part);
      const [, action = ''] = String(request.headers['x-amz-target']).split('.');
      asked.push(`${String(request.headers['x-amz-target'])} ${String(request.headers['authorization'])}`);
      const given = reply(action, JSON.parse(text) as Record<string, unknown>);
      const status = typeof given === 'number' ? given : 200;
      answer.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
      answer.end(
        JSON.stringify(typeof given === 'number' ? { __type: 'x#AccessDeniedException', message: 'no' } : given),
      );
    })();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const env = {
    AWS_ENDPOINT_URL: url,
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'AKID',
    AWS_SECRET_ACCESS_KEY: 'secret',
  };
  const call = awsJsonCall({ env, fetch, wallMs: () => Date.now() });
  const seen = { answers: [] as (readonly Member[])[], failures: [] as string[] };
  const listener = {
    answer: (members: readonly Member[]) => void seen.answers.push(members),
    failure: (why: string) => void seen.failures.push(why),
  };
  return { call, seen, listener, asked };
}

const task = (arn: string, ip: string, more: object = {}): object => ({
  taskArn: `arn:aws:ecs:eu-central-1:1:task/main/${arn}`,
  lastStatus: 'RUNNING',
  desiredStatus: 'RUNNING',
  containers: [{ networkInterfaces: [] }, { networkInterfaces: [{ privateIpv4Address: ip }] }],
  ...more,
});

test('tasks of an ECS service, by pages; unhealthy ones are left out, stopping ones drained', async (t) => {
  const { call, seen, listener, asked } = await awsServer(t, (action, body) => {
    if (action === 'ListTasks') {
      assert.deepEqual([body['cluster'], body['serviceName']], ['main', 'shop']);
      return body['nextToken'] === 'more'
        ? { taskArns: ['a/3', 'a/4'] }
        : { taskArns: ['a/1', 'a/2'], nextToken: 'more' };
    }
    assert.deepEqual(body['tasks'], ['a/1', 'a/2', 'a/3', 'a/4']);
    return {
      tasks: [
        task('t1', '10.0.0.1'),
        task('t2', '10.0.0.2', { healthStatus: 'UNHEALTHY' }),
        task('t3', '10.0.0.3', { desiredStatus: 'STOPPED' }),
        task('t4', '10.0.0.4', { lastStatus: 'PENDING' }),
      ],
    };
  });
  const source = ecsSource({ cluster: 'main', service: 'shop', port: 3000, region: null, interval: 60_000 }, call, listener, systemTimers); // prettier-ignore
  t.after(() => source.stop());
  await until('it was answered', () => seen.answers.length + seen.failures.length > 0);
  assert.deepEqual(seen.failures, []);
  assert.deepEqual(
    seen.answers[0]?.map(({ id, host, port, state }) => [id, host, port, state]),
    [
      ['t1', '10.0.0.1', 3000, 'active'],
      ['t3', '10.0.0.3', 3000, 'draining'],
    ],
  );
  assert.match(asked[0]!, /^AmazonEC2ContainerServiceV20141113\.ListTasks AWS4-HMAC-SHA256 Credential=AKID\/\d{8}\/eu-central-1\/ecs\/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=[0-9a-f]{64}$/); // prettier-ignore
});

test('instances of a Cloud Map service', async (t) => {
  const { call, seen, listener, asked } = await awsServer(t, (_, body) => {
    assert.deepEqual([body['NamespaceName'], body['ServiceName']], ['shop.local', 'app']);
    return {
      Instances: [
        { InstanceId: 'one', Attributes: { AWS_INSTANCE_IPV4: '10.0.0.1', AWS_INSTANCE_PORT: '8081' } },
        { InstanceId: 'two', Attributes: { AWS_INSTANCE_IPV4: '10.0.0.2' } },
        { InstanceId: 'no-address', Attributes: { AWS_ALIAS_DNS_NAME: 'x.elb.amazonaws.com' } },
      ],
    };
  });
  const source = cloudMapSource({ namespace: 'shop.local', service: 'app', port: 80, region: null, interval: 60_000 }, call, listener, systemTimers); // prettier-ignore
  t.after(() => source.stop());
  await until('it was answered', () => seen.answers.length + seen.failures.length > 0);
  assert.deepEqual(
    seen.answers[0]?.map(({ id, host, port }) => [id, host, port]),
    [
      ['one', '10.0.0.1', 8081],
      ['two', '10.0.0.2', 80],
    ],
  );
  assert.match(asked[0]!, /^Route53AutoNaming_v20170314\.DiscoverInstances /);
});

test('what is refused is told without a secret, and tried again', async (t) => {
  let refuse = true;
  const { call, seen, listener } = await awsServer(t, () =>
    refuse ? 400 : { Instances: [{ InstanceId: 'one', Attributes: { AWS_INSTANCE_IPV4: '10.0.0.1' } }] },
  );
  const source = cloudMapSource({ namespace: 'n', service: 's', port: 80, region: null, interval: 1000 }, call, listener, systemTimers); // prettier-ignore
  t.after(() => source.stop());
  await until('it failed', () => seen.failures.length > 0);
  assert.equal(seen.failures[0], 'servicediscovery refuses DiscoverInstances: AccessDeniedException no (status 400)');
  refuse = false;
  await until('it was answered', () => seen.answers.length > 0);
  const nobody = awsJsonCall({ env: { AWS_REGION: 'x' }, fetch, wallMs: () => 0 });
  await assert.rejects(nobody('ecs', null, 'ListTasks', {}), /no AWS credentials/);
  const nowhere = awsJsonCall({ env: {}, fetch, wallMs: () => 0 });
  await assert.rejects(nowhere('ecs', null, 'ListTasks', {}), /region is not known/);
});
