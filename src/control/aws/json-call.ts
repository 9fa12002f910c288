/**
 * Calls of AWS services that speak JSON 1.1, signed with the credentials that the process is given (credentials.ts): the same
 * places in the same order as the SDK's default chain has them for containers. Where the services are may be said as the
 * SDK lets it be said: AWS_REGION, AWS_ENDPOINT_URL_ECS, AWS_ENDPOINT_URL_SERVICEDISCOVERY, AWS_ENDPOINT_URL.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
 */
import type { Environment } from '../config/environment.ts';
import { awsCredentials, reason } from './credentials.ts';
import { signedHeaders, type AwsCredentials } from './signature.ts';

export type AwsService = 'ecs' | 'servicediscovery';

const TARGETS: Readonly<Record<AwsService, string>> = {
  ecs: 'AmazonEC2ContainerServiceV20141113',
  servicediscovery: 'Route53AutoNaming_v20170314',
};
const TIMEOUT_MS = 10_000;
/** Credentials of containers are renewed at least an hour before they end. */
const CREDENTIALS_HELD_MS = 300_000;

export interface AwsAccess {
  readonly env: Environment;
  readonly fetch: typeof fetch;
  readonly wallMs: () => number;
}

/** Rejects with a sentence. */
export function awsJsonCall({ env, fetch: request, wallMs }: AwsAccess) {
  let held: { readonly credentials: AwsCredentials; readonly untilMs: number } | null = null;
  const credentialsOf = async (): Promise<AwsCredentials> => {
    if (held !== null && wallMs() < held.untilMs) return held.credentials;
    const credentials = await awsCredentials(env, request);
    if (credentials === null)
      throw new Error('there are no AWS credentials: give the task a role, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY'); // prettier-ignore
    held = { credentials, untilMs: wallMs() + CREDENTIALS_HELD_MS };
    return credentials;
  };
  return async (service: AwsService, region: string | null, action: string, body: object): Promise<unknown> => {
    const where = region ?? env.AWS_REGION ?? env.AWS_DEFAULT_REGION ?? '';
    if (where === '') throw new Error('the AWS region is not known: write `region`, or set AWS_REGION');
    const url = endpointOf(service, action, where, env);
    const text = JSON.stringify(body);
    const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `${TARGETS[service]}.${action}` };
    const credentials = await credentialsOf();
    const signed = signedHeaders({ method: 'POST', url, headers, body: text }, credentials, { region: where, service, nowMs: wallMs() }); // prettier-ignore
    const { host: _host, ...sent } = signed;
    let answer: Response;
    let said: string;
    try {
      answer = await request(url, { method: 'POST', headers: sent, body: text, redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) }); // prettier-ignore
      said = await answer.text();
    } catch (error) {
      throw new Error(`${url.host} did not answer: ${reason(error)}`, { cause: error });
    }
    if (answer.ok) return JSON.parse(said) as unknown;
    // Expired or taken back: the next call asks for them anew.
    held = null;
    throw new Error(`${service} refuses ${action}: ${refusalOf(said, answer.status)}`);
  };
}

function endpointOf(service: AwsService, action: string, region: string, env: Environment): URL {
  const said = env[`AWS_ENDPOINT_URL_${service.toUpperCase()}`] ?? env.AWS_ENDPOINT_URL;
  if (said !== undefined && said !== '') return new URL(said);
  const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  // DiscoverInstances has a host of its own, says the API.
  const host = service === 'servicediscovery' && action === 'DiscoverInstances' ? 'data-servicediscovery' : service;
  return new URL(`https://${host}.${region}.${domain}/`);
}

function refusalOf(text: string, status: number): string {
  try {
    const {
      __type = '',
      message,
      Message,
    } = JSON.parse(text) as { __type?: string; message?: string; Message?: string };
    return `${__type.split('#').at(-1) ?? ''} ${message ?? Message ?? ''} (status ${status})`.trim();
  } catch {
    return `status ${status}`;
  }
}
