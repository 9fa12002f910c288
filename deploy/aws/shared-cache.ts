/** What the tasks share: Valkey, serverless, over TLS, reached by the tasks alone. */
import { Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elasticache from 'aws-cdk-lib/aws-elasticache';
import { Construct } from 'constructs';

const PORT = 6379;

export class SharedCache extends Construct {
  readonly url: string;
  readonly #group: ec2.SecurityGroup;

  constructor(scope: Construct, id: string, vpc: ec2.IVpc) {
    super(scope, id);
    this.#group = new ec2.SecurityGroup(this, 'Group', { vpc, description: 'Valkey', allowAllOutbound: false });
    const cache = new elasticache.CfnServerlessCache(this, 'Cache', {
      engine: 'valkey',
      majorEngineVersion: '8',
      serverlessCacheName: `${Stack.of(this).stackName.toLowerCase()}-shared`,
      description: 'Limits and configuration that EdgeBalancer tasks share',
      securityGroupIds: [this.#group.securityGroupId],
      subnetIds: vpc.isolatedSubnets.map(({ subnetId }) => subnetId),
      // Far above what limits and one configuration take: a bound on the bill.
      cacheUsageLimits: { dataStorage: { unit: 'GB', maximum: 1 }, ecpuPerSecond: { maximum: 20_000 } },
    });
    this.url = `rediss://${cache.attrEndpointAddress}:${PORT}`;
  }

  allow(from: ec2.ISecurityGroup): void {
    this.#group.addIngressRule(from, ec2.Port.tcpRange(PORT, PORT + 1), 'EdgeBalancer');
  }
}
