/**
 * The way in: CloudFront, then a load balancer that has no address outside. CloudFront reaches it from inside the network (a VPC
 * origin), so nobody else can, and there is no secret to keep for it.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-vpc-origins.html
 */
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import * as origins from 'aws-cdk-lib/aws-cloudfront-origins';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import * as elb from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { PORT } from './configuration.ts';
import { Firewall } from './firewall.ts';
import type { Size } from './sizes.ts';
import { END_S, IDLE_S } from './timeouts.ts';

export interface FrontProps {
  readonly size: Size;
  readonly vpc: ec2.Vpc;
  readonly service: ecs.FargateService;
}

/** Any port: the balancer has no certificate, and the way to it is inside the network. */
const HTTP = 80;

export class Front extends Construct {
  readonly distribution: cloudfront.Distribution;
  readonly balancer: elb.ApplicationLoadBalancer;
  readonly target: elb.ApplicationTargetGroup;

  constructor(scope: Construct, id: string, { size, vpc, service }: FrontProps) {
    super(scope, id);
    const bucket = this.#bucket(size);
    const group = new ec2.SecurityGroup(this, 'Group', {
      vpc,
      description: 'The load balancer',
      allowAllOutbound: false,
    });
    // What CloudFront's VPC origins come from; nothing else has a way to a load balancer without an address outside.
    group.addIngressRule(ec2.Peer.ipv4(vpc.vpcCidrBlock), ec2.Port.tcp(HTTP), 'CloudFront, inside the network');
    this.balancer = new elb.ApplicationLoadBalancer(this, 'Balancer', {
      vpc,
      internetFacing: false,
      vpcSubnets: { subnets: vpc.isolatedSubnets },
      securityGroup: group,
      idleTimeout: Duration.seconds(IDLE_S.loadBalancer),
      dropInvalidHeaderFields: true,
      desyncMitigationMode: elb.DesyncMitigationMode.STRICTEST,
      deletionProtection: size.keep,
    });
    this.#logTo(bucket);
    this.target = new elb.ApplicationTargetGroup(this, 'Target', {
      vpc,
      port: PORT,
      protocol: elb.ApplicationProtocol.HTTP,
      targets: [service],
      deregistrationDelay: Duration.seconds(END_S.deregistration),
      loadBalancingAlgorithmType: elb.TargetGroupLoadBalancingAlgorithmType.LEAST_OUTSTANDING_REQUESTS,
      healthCheck: {
        path: '/readyz',
        interval: Duration.seconds(5),
        timeout: Duration.seconds(2),
        healthyThresholdCount: 2,
        unhealthyThresholdCount: 2,
      },
    });
    this.balancer.addListener('Http', { port: HTTP, protocol: elb.ApplicationProtocol.HTTP, open: false, defaultTargetGroups: [this.target] }); // prettier-ignore
    new Firewall(this, 'Firewall', this.balancer.loadBalancerArn);
    this.distribution = new cloudfront.Distribution(this, 'Distribution', {
      comment: 'EdgeBalancer',
      defaultBehavior: {
        origin: origins.VpcOrigin.withApplicationLoadBalancer(this.balancer, {
          httpPort: HTTP,
          protocolPolicy: cloudfront.OriginProtocolPolicy.HTTP_ONLY,
          keepaliveTimeout: Duration.seconds(IDLE_S.cloudFront),
          readTimeout: Duration.seconds(30),
        }),
        viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
        allowedMethods: cloudfront.AllowedMethods.ALLOW_ALL,
        // Answers of a proxy are its backends' to allow caching of, and admin answers nobody's.
        cachePolicy: cloudfront.CachePolicy.CACHING_DISABLED,
        originRequestPolicy: cloudfront.OriginRequestPolicy.ALL_VIEWER,
        compress: true,
      },
      minimumProtocolVersion: cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021,
      httpVersion: cloudfront.HttpVersion.HTTP2_AND_3,
      enableLogging: true,
      logBucket: bucket,
      logFilePrefix: 'cloudfront',
    });
  }

  /** By hand: the construct's own way must know the region when it is synthesized. */
  #logTo(bucket: s3.Bucket): void {
    const prefix = 'load-balancer';
    bucket.addToResourcePolicy(
      new iam.PolicyStatement({
        principals: [new iam.ServicePrincipal('logdelivery.elasticloadbalancing.amazonaws.com')],
        actions: ['s3:PutObject'],
        resources: [bucket.arnForObjects(`${prefix}/AWSLogs/${Stack.of(this).account}/*`)],
      }),
    );
    this.balancer.setAttribute('access_logs.s3.enabled', 'true');
    this.balancer.setAttribute('access_logs.s3.bucket', bucket.bucketName);
    this.balancer.setAttribute('access_logs.s3.prefix', prefix);
    if (bucket.policy !== undefined) this.balancer.node.addDependency(bucket.policy);
  }

  #bucket(size: Size): s3.Bucket {
    return new s3.Bucket(this, 'Logs', {
      encryption: s3.BucketEncryption.S3_MANAGED,
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      // CloudFront writes as an owner of its own.
      objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_PREFERRED,
      lifecycleRules: [{ expiration: Duration.days(size.logDays) }],
      removalPolicy: size.keep ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      autoDeleteObjects: false,
    });
  }
}
