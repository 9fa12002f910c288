/**
 * AWS credentials from where a process is given them: the environment, else ECS's or EKS's endpoint for containers. No file
 * and no instance metadata: a balancer needs neither. No message of this file holds a secret.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
 */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Environment } from '../config/environment.ts';
import { CostError } from '../cost/cost-error.ts';
import type { AwsCredentials } from './signature.ts';

const ECS_HOST = 'http://169.254.170.2';
/** Hosts to which the token of a container may be sent without TLS: this machine, ECS's and EKS's own. */
const PLAIN_HOSTS = new Set(['localhost', '127.0.0.1', '[::1]', '169.254.170.2', '169.254.170.23', '[fd00:ec2::23]']);
const TIMEOUT_MS = 2000;

const answer = z.object({
  AccessKeyId: z.string().min(1),
  SecretAccessKey: z.string().min(1),
  Token: z.string().min(1).optional(),
});

/** Null when nothing in the environment offers any. Rejects with a `CostError` when what is offered cannot be had. */
export async function awsCredentials(env: Environment, request: typeof fetch): Promise<AwsCredentials | null> {
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: token } = env;
  if (given(id) && given(secret))
    return { accessKeyId: id, secretAccessKey: secret, sessionToken: given(token) ? token : null };
  if (given(id) || given(secret))
    throw new CostError(
      '',
      'Only one of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY is set: set both, or neither for public price files.',
    );
  const url = containerUrl(env);
  return url === null ? null : await fromContainer(url, env, request);
}

function given(value: string | undefined): value is string {
  return value !== undefined && value !== '';
}

function containerUrl(env: Environment): URL | null {
  const { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: relative, AWS_CONTAINER_CREDENTIALS_FULL_URI: full } = env;
  if (given(relative) && relative.startsWith('/')) return new URL(`${ECS_HOST}${relative}`);
  if (!given(full)) return null;
  const url = URL.canParse(full) ? new URL(full) : null;
  if (url !== null && (url.protocol === 'https:' || (url.protocol === 'http:' && PLAIN_HOSTS.has(url.hostname))))
    return url;
  throw new CostError(
    '',
    'AWS_CONTAINER_CREDENTIALS_FULL_URI must be an https URL, or an http URL of this machine, ECS or EKS.',
  );
}

async function fromContainer(url: URL, env: Environment, request: typeof fetch): Promise<AwsCredentials> {
  const authorization = await containerToken(env);
  let read: unknown;
  try {
    const response = await request(url, {
      headers: authorization === null ? {} : { authorization },
      signal: AbortSignal.timeout(TIMEOUT_MS),
      redirect: 'error',
    });
    if (!response.ok) throw new Error(`status ${response.status}`);
    read = await response.json();
  } catch (error) {
    throw new CostError('', `The container's credentials endpoint at ${url.host} did not answer: ${reason(error)}.`);
  }
  const parsed = answer.safeParse(read);
  if (!parsed.success)
    throw new CostError('', `The container's credentials endpoint at ${url.host} answered without credentials.`);
  const { AccessKeyId, SecretAccessKey, Token } = parsed.data;
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: Token ?? null };
}

async function containerToken(env: Environment): Promise<string | null> {
  const { AWS_CONTAINER_AUTHORIZATION_TOKEN: token, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file } = env;
  if (given(file)) {
    try {
      return (await readFile(file, 'utf8')).trim();
    } catch {
      throw new CostError('', 'The file that AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE names cannot be read.');
    }
  }
  return given(token) ? token : null;
}

/** Why a request failed, in a few words. */
export function reason(error: unknown): string {
  if (!(error instanceof Error)) return 'for an unknown reason';
  const cause = error.cause as NodeJS.ErrnoException | undefined;
  return cause?.code ?? (error.name === 'TimeoutError' ? 'it took too long' : error.message);
}
