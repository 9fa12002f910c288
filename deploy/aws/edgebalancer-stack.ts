/** All of it: CloudFront, load balancer, tasks, what they share, an example backend, and who watches. */
import { CfnOutput, CfnParameter, Stack, type StackProps } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as cloudmap from 'aws-cdk-lib/aws-servicediscovery';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledgements.ts';
import { BalancerTasks } from './balancer-tasks.ts';
import { BACKEND_PORT, PORT } from './configuration.ts';
import { ExampleBackend } from './example-backend.ts';
import { Front } from './front.ts';
import { Network } from './network.ts';
import { Secrets } from './secrets.ts';
import { SharedCache } from './shared-cache.ts';
import type { Size } from './sizes.ts';
import { Watch } from './watch.ts';

export class EdgeBalancerStack extends Stack {
  constructor(scope: Construct, id: string, size: Size, props: StackProps = {}) {
    super(scope, id, { ...props, description: `EdgeBalancer, ${size.name}` });
    const image = new CfnParameter(this, 'Image', { description: 'EdgeBalancer’s image in ECR, by digest or tag' });
    const backendImage = new CfnParameter(this, 'BackendImage', { description: 'An image with Node in ECR, for the example backend' }); // prettier-ignore
    const { vpc } = new Network(this, 'Network', size);
    const cluster = new ecs.Cluster(this, 'Cluster', { vpc, containerInsightsV2: ecs.ContainerInsights.ENABLED, enableFargateCapacityProviders: true }); // prettier-ignore
    const namespace = new cloudmap.PrivateDnsNamespace(this, 'Namespace', {
      vpc,
      name: `${size.name}.edgebalancer.local`,
    });
    const backend = new ExampleBackend(this, 'Backend', { size, vpc, cluster, namespace, image: ecs.ContainerImage.fromRegistry(backendImage.valueAsString) }); // prettier-ignore
    const cache = new SharedCache(this, 'Shared', vpc);
    const secrets = new Secrets(this, 'Secrets', size);
    const balancer = new BalancerTasks(this, 'EdgeBalancer', {
      size,
      vpc,
      cluster,
      image: ecs.ContainerImage.fromRegistry(image.valueAsString),
      secrets,
      sharedUrl: cache.url,
      namespace: namespace.namespaceName,
      backend: backend.name,
    });
    const { service } = balancer;
    const front = new Front(this, 'Front', { size, vpc, service });
    balancer.scale(size, front.target);
    const [tasks] = service.connections.securityGroups as [ec2.SecurityGroup];
    cache.allow(tasks);
    backend.service.connections.allowFrom(service, ec2.Port.tcp(BACKEND_PORT), 'EdgeBalancer');
    service.connections.allowFrom(front.balancer, ec2.Port.tcp(PORT), 'The load balancer');
    allowPull(balancer.service, backend.service);
    const { topic } = new Watch(this, 'Watch', { service, balancer: front.balancer, target: front.target });
    acknowledge(this);
    new CfnOutput(this, 'Url', { value: `https://${front.distribution.distributionDomainName}/` });
    new CfnOutput(this, 'AdminTokenSecret', { value: secrets.adminToken.secretArn });
    new CfnOutput(this, 'AlarmTopic', { value: topic.topicArn });
  }
}

/** Images come as parameters, so that the stack says nothing of one registry: tasks may pull from this account's. */
function allowPull(...services: readonly ecs.FargateService[]): void {
  for (const { taskDefinition } of services) {
    const role = taskDefinition.obtainExecutionRole();
    role.addManagedPolicy(iam.ManagedPolicy.fromAwsManagedPolicyName('service-role/AmazonECSTaskExecutionRolePolicy'));
  }
}
