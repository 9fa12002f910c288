/** EdgeBalancer's tasks: how they run, scale, and end. */
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import type * as elb from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { configuration, PORT } from './configuration.ts';
import type { Secrets } from './secrets.ts';
import type { Size } from './sizes.ts';
import { END_S } from './timeouts.ts';

export interface BalancerTasksProps {
  readonly size: Size;
  readonly vpc: ec2.Vpc;
  readonly cluster: ecs.ICluster;
  readonly image: ecs.ContainerImage;
  readonly secrets: Secrets;
  readonly sharedUrl: string;
  readonly namespace: string;
  readonly backend: string;
}

const CONTAINER = 'edgebalancer';

export class BalancerTasks extends Construct {
  readonly service: ecs.FargateService;
  readonly log: logs.LogGroup;

  constructor(scope: Construct, id: string, props: BalancerTasksProps) {
    super(scope, id);
    const { size, vpc, cluster } = props;
    this.log = new logs.LogGroup(this, 'Log', {
      retention: size.logDays,
      removalPolicy: size.keep ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    this.service = new ecs.FargateService(this, 'Service', {
      cluster,
      taskDefinition: this.#task(props),
      desiredCount: size.tasksLeast,
      vpcSubnets: { subnets: vpc.isolatedSubnets },
      circuitBreaker: { rollback: true },
      minHealthyPercent: 100,
      maxHealthyPercent: 200,
      healthCheckGracePeriod: Duration.seconds(30),
      capacityProviderStrategies: [{ capacityProvider: size.spot ? 'FARGATE_SPOT' : 'FARGATE', weight: 1 }],
      enableExecuteCommand: false,
    });
  }

  /** More tasks when they are busy, by either measure; fewer only slowly. */
  scale(size: Size, target: elb.ApplicationTargetGroup): void {
    const scaling = this.service.autoScaleTaskCount({ minCapacity: size.tasksLeast, maxCapacity: size.tasksMost });
    const pace = { scaleOutCooldown: Duration.seconds(30), scaleInCooldown: Duration.minutes(5) };
    scaling.scaleOnCpuUtilization('Cpu', { targetUtilizationPercent: 60, ...pace });
    // The metric counts a minute.
    scaling.scaleOnRequestCount('Requests', {
      requestsPerTarget: size.requestsPerTask * 60,
      targetGroup: target,
      ...pace,
    });
  }

  #task({ size, vpc, image, secrets, sharedUrl, namespace, backend }: BalancerTasksProps): ecs.FargateTaskDefinition {
    const task = new ecs.FargateTaskDefinition(this, 'Task', {
      cpu: size.cpu,
      memoryLimitMiB: size.memoryMiB,
      runtimePlatform: {
        cpuArchitecture: ecs.CpuArchitecture.ARM64,
        operatingSystemFamily: ecs.OperatingSystemFamily.LINUX,
      },
      volumes: [{ name: 'state' }, { name: 'tmp' }],
    });
    // All that a task asks of AWS; the API knows no narrower resource.
    task.addToTaskRolePolicy(
      new iam.PolicyStatement({ actions: ['servicediscovery:DiscoverInstances'], resources: ['*'] }),
    );
    const container = task.addContainer(CONTAINER, {
      image,
      // The configuration is not part of the image: a change of it is a new task definition, and rolls out like one.
      entryPoint: ['sh', '-c'],
      command: [
        'printf %s "$CONFIGURATION" > /tmp/edgebalancer.yaml && exec node /app/bin/edgebalancer.js run /tmp/edgebalancer.yaml',
      ],
      environment: {
        CONFIGURATION: configuration(),
        VPC_CIDR: vpc.vpcCidrBlock,
        SHARED_URL: sharedUrl,
        NAMESPACE: namespace,
        BACKEND_SERVICE: backend,
        AWS_REGION: Stack.of(this).region,
      },
      secrets: {
        EDGEBALANCER_ADMIN_TOKEN: ecs.Secret.fromSecretsManager(secrets.adminToken),
        ANTHROPIC_API_KEY: ecs.Secret.fromSecretsManager(secrets.providerKeys, 'ANTHROPIC_API_KEY'),
      },
      readonlyRootFilesystem: true,
      user: '65532:65532',
      portMappings: [{ containerPort: PORT }],
      stopTimeout: Duration.seconds(END_S.stop),
      healthCheck: {
        command: ['CMD', 'node', '/app/bin/healthcheck.js', `http://127.0.0.1:${PORT}/healthz`],
        interval: Duration.seconds(10),
        timeout: Duration.seconds(3),
        retries: 3,
        startPeriod: Duration.seconds(15),
      },
      logging: ecs.LogDrivers.awsLogs({
        streamPrefix: CONTAINER,
        logGroup: this.log,
        mode: ecs.AwsLogDriverMode.NON_BLOCKING,
      }),
    });
    container.addMountPoints(
      { sourceVolume: 'state', containerPath: '/var/lib/edgebalancer', readOnly: false },
      { sourceVolume: 'tmp', containerPath: '/tmp', readOnly: false },
    );
    return task;
  }
}
