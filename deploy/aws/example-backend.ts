/** A backend to begin with: two tasks that Cloud Map names, and EdgeBalancer finds there. */
import { Duration } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as cloudmap from 'aws-cdk-lib/aws-servicediscovery';
import { Construct } from 'constructs';
import { BACKEND_PORT } from './configuration.ts';
import type { Size } from './sizes.ts';
import { IDLE_S } from './timeouts.ts';

export interface ExampleBackendProps {
  readonly size: Size;
  readonly vpc: ec2.IVpc;
  readonly cluster: ecs.ICluster;
  readonly image: ecs.ContainerImage;
  readonly namespace: cloudmap.PrivateDnsNamespace;
}

/** The whole program: an image with Node and nothing else runs it. */
const PROGRAM = `const s=require('node:http').createServer((q,r)=>r.end('hello from '+require('node:os').hostname()+'\\n'));s.keepAliveTimeout=${IDLE_S.backend * 1000};s.listen(${BACKEND_PORT});process.on('SIGTERM',()=>s.close(()=>process.exit(0)))`;

export class ExampleBackend extends Construct {
  readonly service: ecs.FargateService;
  readonly name = 'app';

  constructor(scope: Construct, id: string, { size, vpc, cluster, image, namespace }: ExampleBackendProps) {
    super(scope, id);
    const task = new ecs.FargateTaskDefinition(this, 'Task', {
      cpu: 256,
      memoryLimitMiB: 512,
      runtimePlatform: {
        cpuArchitecture: ecs.CpuArchitecture.ARM64,
        operatingSystemFamily: ecs.OperatingSystemFamily.LINUX,
      },
    });
    task.addContainer('backend', {
      image,
      entryPoint: ['node', '-e'],
      command: [PROGRAM],
      readonlyRootFilesystem: true,
      user: '65532:65532',
      portMappings: [{ containerPort: BACKEND_PORT }],
      logging: ecs.LogDrivers.awsLogs({ streamPrefix: 'backend', logRetention: logs.RetentionDays.ONE_WEEK }),
    });
    this.service = new ecs.FargateService(this, 'Service', {
      cluster,
      taskDefinition: task,
      desiredCount: size.tasksLeast > 1 ? 2 : 1,
      vpcSubnets: { subnets: vpc.isolatedSubnets },
      circuitBreaker: { rollback: true },
      minHealthyPercent: 100,
      cloudMapOptions: {
        cloudMapNamespace: namespace,
        name: this.name,
        dnsRecordType: cloudmap.DnsRecordType.A,
        dnsTtl: Duration.seconds(10),
      },
    });
  }
}
