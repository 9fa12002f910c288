/**
 * Why a model did not answer, in a sentence's part for whoever asked. Messages of providers and libraries are not passed on: they
 * may hold a part of the key, or whatever the server at `baseUrl` chose to say.
 */
import { APICallError, LoadAPIKeyError, NoSuchModelError, RetryError } from 'ai';
import type { ModelSettings } from './model-settings.ts';

const OWN = new Set(['it said nothing', 'nobody waits for the answer']);

export function failureText(error: unknown, { provider, model, timeoutMs }: ModelSettings): string {
  const cause = RetryError.isInstance(error) ? error.lastError : error;
  if (APICallError.isInstance(cause)) return statusText(cause.statusCode, provider, model);
  if (NoSuchModelError.isInstance(cause)) return `${provider} knows no model ${model}`;
  if (LoadAPIKeyError.isInstance(cause)) return `the key of ${provider} is not set in the environment`;
  if (!(cause instanceof Error)) return 'of an unknown failure';
  if (cause.name === 'TimeoutError' || cause.name === 'AbortError' || cause.message.startsWith('it took longer'))
    return `it took longer than ${timeoutMs / 1000} s (copilot.timeout)`;
  return OWN.has(cause.message) ? cause.message : `of a failure on the way (${cause.name})`;
}

function statusText(status: number | undefined, provider: string, model: string): string {
  switch (status) {
    case undefined:
      return `${provider} cannot be reached`;
    case 401:
    case 403:
      return `${provider} refuses the key (${status})`;
    case 404:
      return `${provider} knows no model ${model} (404)`;
    case 429:
      return `${provider} takes no more requests now (429)`;
    default:
      return `${provider} answers ${status}`;
  }
}
