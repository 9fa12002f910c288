/**
 * The model that the configuration names, ready to be asked. Libraries of providers are loaded here and only when one is configured.
 * Keys come from the environment, and go nowhere but to the provider: no message of this file holds one.
 */
import type { LanguageModel } from 'ai';
import type { Environment } from '../../config/environment.ts';
import { awsCredentials } from '../../aws/credentials.ts';
import type { ModelSettings } from './model-settings.ts';

export type ModelSource = { readonly model: LanguageModel } | { readonly problem: string };

/** Which variable holds the key. A server of one's own may want none. */
const KEYS = {
  anthropic: 'ANTHROPIC_API_KEY',
  openai: 'OPENAI_API_KEY',
  'openai-compatible': 'OPENAI_COMPATIBLE_API_KEY',
} as const;

export async function modelSource(settings: ModelSettings, env: Environment): Promise<ModelSource> {
  const { provider, model, baseUrl } = settings;
  const at = baseUrl === null ? {} : { baseURL: baseUrl };
  if (provider === 'bedrock') return await bedrock(settings, env);
  const apiKey = env[KEYS[provider]];
  if (provider === 'openai-compatible') {
    if (baseUrl === null) return { problem: 'copilot.baseUrl is not set: where is the server?' };
    const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible');
    const keyed = apiKey === undefined || apiKey === '' ? {} : { apiKey };
    // Servers count tokens in a stream only when asked to.
    const made = createOpenAICompatible({ name: 'openai-compatible', baseURL: baseUrl, includeUsage: true, ...keyed });
    return { model: made(model) };
  }
  if (apiKey === undefined || apiKey === '') return { problem: `${KEYS[provider]} is not set in the environment` };
  if (provider === 'anthropic') {
    const { createAnthropic } = await import('@ai-sdk/anthropic');
    return { model: createAnthropic({ apiKey, ...at })(model) };
  }
  const { createOpenAI } = await import('@ai-sdk/openai');
  return { model: createOpenAI({ apiKey, ...at })(model) };
}

/** Credentials of the environment or of the container, looked up anew for each request: those of a task's role change. */
async function bedrock({ model, baseUrl }: ModelSettings, env: Environment): Promise<ModelSource> {
  const region = env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'];
  if (region === undefined || region === '') return { problem: 'AWS_REGION is not set in the environment' };
  const { createAmazonBedrock } = await import('@ai-sdk/amazon-bedrock');
  const bearer = env['AWS_BEARER_TOKEN_BEDROCK'];
  const at = baseUrl === null ? {} : { baseURL: baseUrl };
  if (bearer !== undefined && bearer !== '')
    return { model: createAmazonBedrock({ region, apiKey: bearer, ...at })(model) };
  if ((await awsCredentials(env, fetch)) === null)
    return { problem: 'there are no AWS credentials in the environment or of the container' };
  const credentialProvider = async () => {
    const found = await awsCredentials(env, fetch);
    if (found === null) throw new Error('there are no AWS credentials');
    const { accessKeyId, secretAccessKey, sessionToken } = found;
    return { accessKeyId, secretAccessKey, ...(sessionToken !== null && { sessionToken }) };
  };
  // An empty key keeps it from looking for one itself.
  return { model: createAmazonBedrock({ region, credentialProvider, ...at })(model) };
}
