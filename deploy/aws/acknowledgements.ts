/** Findings of cdk-nag and of CloudFormation's own validation that are as they should be, each with its reason. */
import { type Stack, Validations } from 'aws-cdk-lib';

export const REASONS: Readonly<Record<string, string>> = {
  'AwsSolutions-SMG4':
    'The admin token is a bearer token of the product: it is replaced by writing the secret and rolling the tasks, not by a rotation function',
  'AwsSolutions-ECS2': 'What is in the environment is no secret: the configuration, names and the address of the cache',
  'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy]':
    'What ECS needs to pull images and write logs, for the execution role alone',
  'AwsSolutions-IAM5[Resource::*]': 'servicediscovery:DiscoverInstances knows no narrower resource',
  'AwsSolutions-S1': 'It is the bucket that access logs are written to',
  'AwsSolutions-CFR1': 'Who may be served is the operator’s to say; there is no restriction by country to begin with',
  'AwsSolutions-CFR2': 'WAF stands at the load balancer, which CloudFront alone reaches, and so works in any region',
  'AwsSolutions-CFR4':
    'The default certificate of CloudFront decides its own least version; with a domain of one’s own TLS 1.2 is the least',
  'AwsSolutions-EC23':
    'Rules are of the network’s own range, which is a token at synthesis, so that the check cannot tell',
  'CloudFormation-Validate::E1029':
    'The text is EdgeBalancer’s configuration: its references are resolved by EdgeBalancer from the task’s environment',
};

export function acknowledge(stack: Stack): void {
  for (const [id, reason] of Object.entries(REASONS)) Validations.of(stack).acknowledge({ id, reason });
}
