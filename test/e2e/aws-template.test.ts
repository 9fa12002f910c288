/** The AWS templates, synthesized offline: cdk-nag has nothing to say, and what matters is in them. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { loadConfig } from '#control/config/load.ts';
import { formatProblem } from '#control/config/problem.ts';
import { END_S, IDLE_S } from '../../deploy/aws/timeouts.ts';

interface Resource {
  readonly Type: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- properties of CloudFormation, looked at one by one
  readonly Properties: any;
}

const REPOSITORY = join(import.meta.dirname, '../..');
let folder: string;
let templates: Record<'development' | 'production', Record<string, Resource>>;

const of = (type: string, size: keyof typeof templates = 'production'): Resource['Properties'][] =>
  Object.values(templates[size]).flatMap(({ Type, Properties }) => (Type === type ? [Properties as unknown] : [])) as Resource['Properties'][]; // prettier-ignore

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'cdk-'));
  const env = { PATH: process.env['PATH'], HOME: folder, CDK_OUTDIR: folder };
  const run = spawnSync(process.execPath, [join(REPOSITORY, 'deploy/aws/app.ts')], { env, encoding: 'utf8' });
  assert.equal(run.status, 0, `${run.stdout}\n${run.stderr}`);
  const read = (size: string): Record<string, Resource> =>
    (JSON.parse(readFileSync(join(folder, `edgebalancer-${size}.template.json`), 'utf8')) as { Resources: Record<string, Resource> }).Resources; // prettier-ignore
  templates = { development: read('development'), production: read('production') };
});
after(() => rmSync(folder, { recursive: true, force: true }));

describe('the template', () => {
  test('lets nothing but CloudFront in, and nothing out but to AWS', () => {
    const [balancer] = of('AWS::ElasticLoadBalancingV2::LoadBalancer');
    assert.equal(balancer.Scheme, 'internal');
    assert.equal(of('AWS::EC2::NatGateway').length, 0);
    assert.equal(of('AWS::CloudFront::VpcOrigin').length, 1);
    for (const group of of('AWS::EC2::SecurityGroup'))
      for (const { CidrIp } of (group.SecurityGroupIngress ?? []) as { CidrIp?: unknown }[]) assert.notEqual(CidrIp, '0.0.0.0/0'); // prettier-ignore
    const [distribution] = of('AWS::CloudFront::Distribution');
    assert.equal(distribution.DistributionConfig.DefaultCacheBehavior.ViewerProtocolPolicy, 'redirect-to-https');
    assert.equal(of('AWS::WAFv2::WebACLAssociation').length, 1);
    assert.equal(of('AWS::EC2::FlowLog').length, 1);
  });

  test('idle times are in the order that leaves no request on a connection that is gone', () => {
    assert.ok(IDLE_S.cloudFront < IDLE_S.loadBalancer && IDLE_S.loadBalancer < IDLE_S.edgeBalancer);
    assert.ok(IDLE_S.toBackend < IDLE_S.backend);
    const [distribution] = of('AWS::CloudFront::Distribution');
    assert.equal(distribution.DistributionConfig.Origins[0].VpcOriginConfig.OriginKeepaliveTimeout, IDLE_S.cloudFront);
    const [balancer] = of('AWS::ElasticLoadBalancingV2::LoadBalancer');
    const attribute = (key: string): string => (balancer.LoadBalancerAttributes as { Key: string; Value: string }[]).find(({ Key }) => Key === key)?.Value ?? ''; // prettier-ignore
    assert.equal(attribute('idle_timeout.timeout_seconds'), String(IDLE_S.loadBalancer));
    const config = configured();
    assert.equal(config.listeners[0]?.timeouts.idle, IDLE_S.edgeBalancer * 1000);
    assert.equal(config.pools['app']?.timeouts.idle, IDLE_S.toBackend * 1000);
    assert.match(JSON.stringify(container('backend')), new RegExp(`keepAliveTimeout=${IDLE_S.backend * 1000}`));
  });

  test('a task ends without cutting anybody off', () => {
    assert.ok(END_S.drain <= END_S.deregistration && END_S.deregistration < END_S.stop);
    assert.equal(container('edgebalancer').StopTimeout, END_S.stop);
    const [target] = of('AWS::ElasticLoadBalancingV2::TargetGroup');
    assert.equal(target.HealthCheckPath, '/readyz');
    assert.ok(JSON.stringify(target.TargetGroupAttributes).includes(`"Value":"${END_S.deregistration}"`));
    for (const service of of('AWS::ECS::Service'))
      assert.deepEqual(service.DeploymentConfiguration.DeploymentCircuitBreaker, { Enable: true, Rollback: true });
  });

  test('tasks run as the image does, and hold no right but one', () => {
    const { User, ReadonlyRootFilesystem, HealthCheck, Secrets } = container('edgebalancer');
    assert.equal(User, '65532:65532');
    assert.equal(ReadonlyRootFilesystem, true);
    assert.ok((HealthCheck.Command as string[]).includes('/app/bin/healthcheck.js'));
    assert.deepEqual(
      (Secrets as { Name: string }[]).map(({ Name }) => Name),
      ['EDGEBALANCER_ADMIN_TOKEN', 'ANTHROPIC_API_KEY'],
    );
    for (const task of of('AWS::ECS::TaskDefinition')) assert.equal(task.RuntimePlatform.CpuArchitecture, 'ARM64');
    const granted = of('AWS::IAM::Policy').flatMap(({ PolicyDocument, Roles }) =>
      JSON.stringify(Roles).includes('TaskRole')
        ? (PolicyDocument.Statement as { Action: unknown }[]).map(({ Action }) => Action)
        : [],
    );
    assert.deepEqual(granted, ['servicediscovery:DiscoverInstances']);
  });

  test('scales by CPU and by requests; the sizes differ where they should', () => {
    const metrics = of('AWS::ApplicationAutoScaling::ScalingPolicy').map(
      ({ TargetTrackingScalingPolicyConfiguration: { PredefinedMetricSpecification } }) =>
        PredefinedMetricSpecification.PredefinedMetricType as string,
    );
    assert.deepEqual(metrics.sort(), ['ALBRequestCountPerTarget', 'ECSServiceAverageCPUUtilization']);
    const least = (size: keyof typeof templates): number => of('AWS::ApplicationAutoScaling::ScalableTarget', size)[0].MinCapacity as number; // prettier-ignore
    assert.deepEqual([least('development'), least('production')], [1, 3]);
    assert.equal(of('AWS::ElastiCache::ServerlessCache')[0].Engine, 'valkey');
    assert.ok(of('AWS::CloudWatch::Alarm').length >= 5);
    assert.equal(of('AWS::CloudWatch::Dashboard').length, 1);
  });

  test('the configuration is valid with what the task is given', () => {
    const config = configured();
    assert.equal(config.state.shared?.cluster, true);
    assert.equal(config.pools['app']?.discovery?.cloudMap?.service, 'app');
  });
});

function container(name: string): Resource['Properties'] {
  const all = of('AWS::ECS::TaskDefinition').flatMap(
    ({ ContainerDefinitions }) => ContainerDefinitions as { Name: string }[],
  );
  const found = all.find(({ Name }) => Name === name);
  assert.ok(found, name);
  return found as Resource['Properties'];
}

function configured() {
  const environment = container('edgebalancer').Environment as { Name: string; Value: unknown }[];
  const text = environment.find(({ Name }) => Name === 'CONFIGURATION')?.Value as string;
  const given: Record<string, string> = { VPC_CIDR: '10.0.0.0/16', SHARED_URL: 'rediss://cache:6379' };
  const env = Object.fromEntries(environment.map(({ Name, Value }) => [Name, typeof Value === 'string' ? Value : (given[Name] ?? 'x')])); // prettier-ignore
  const { config, problems } = loadConfig(text, 'edgebalancer.yaml', env);
  assert.deepEqual(problems.map(formatProblem), []);
  assert.ok(config);
  return config;
}
