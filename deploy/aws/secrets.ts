/** Secrets that tasks are given in their environment, and nobody else may read. */
import { RemovalPolicy } from 'aws-cdk-lib';
import * as secrets from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { Size } from './sizes.ts';

const TOKEN_LENGTH = 48;

export class Secrets extends Construct {
  readonly adminToken: secrets.Secret;
  /** Keys of model providers as JSON, by the names of their environment variables; empty until somebody writes them. */
  readonly providerKeys: secrets.Secret;

  constructor(scope: Construct, id: string, size: Size) {
    super(scope, id);
    const removalPolicy = size.keep ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
    this.adminToken = new secrets.Secret(this, 'AdminToken', {
      description: 'EDGEBALANCER_ADMIN_TOKEN of the operator',
      generateSecretString: { passwordLength: TOKEN_LENGTH, excludePunctuation: true },
      removalPolicy,
    });
    this.providerKeys = new secrets.Secret(this, 'ProviderKeys', {
      description: 'Keys of the copilot’s model providers',
      generateSecretString: { secretStringTemplate: '{"ANTHROPIC_API_KEY":""}', generateStringKey: 'unused' },
      removalPolicy,
    });
  }
}
