/**
 * A network of two zones that reaches nothing outside and is reached by CloudFront alone: AWS's services come in by endpoints,
 * which for so few cost less than two NAT gateways, and leave no way out.
 */
import { RemovalPolicy } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Size } from './sizes.ts';

export class Network extends Construct {
  readonly vpc: ec2.Vpc;

  constructor(scope: Construct, id: string, size: Size) {
    super(scope, id);
    const flow = new logs.LogGroup(this, 'FlowLog', {
      retention: size.logDays,
      removalPolicy: size.keep ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    this.vpc = new ec2.Vpc(this, 'Vpc', {
      maxAzs: 2,
      natGateways: 0,
      restrictDefaultSecurityGroup: false,
      subnetConfiguration: [{ name: 'private', subnetType: ec2.SubnetType.PRIVATE_ISOLATED, cidrMask: 20 }],
      flowLogs: { all: { destination: ec2.FlowLogDestination.toCloudWatchLogs(flow) } },
    });
    // CloudFront reaches an internal load balancer through the gateway of its network, and needs one to be there.
    const gateway = new ec2.CfnInternetGateway(this, 'Gateway');
    new ec2.CfnVPCGatewayAttachment(this, 'GatewayAttachment', {
      vpcId: this.vpc.vpcId,
      internetGatewayId: gateway.ref,
    });
    this.vpc.addGatewayEndpoint('S3', { service: ec2.GatewayVpcEndpointAwsService.S3 });
    const { ECR, ECR_DOCKER, CLOUDWATCH_LOGS, SECRETS_MANAGER } = ec2.InterfaceVpcEndpointAwsService;
    const discovery = new ec2.InterfaceVpcEndpointAwsService('data-servicediscovery');
    for (const [name, service] of Object.entries({ ECR, ECR_DOCKER, CLOUDWATCH_LOGS, SECRETS_MANAGER, discovery }))
      this.vpc.addInterfaceEndpoint(name, { service });
  }
}
