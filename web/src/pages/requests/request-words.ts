/** What the names in a record mean, in words. */
import type { RequestListName, RequestReason } from '#contract/requests.ts';

export const LIST_TITLES: Readonly<Record<RequestListName, string>> = {
  recent: 'Recent',
  slowest: 'Slowest',
  failed: 'Failed',
  retried: 'Tried again',
  asked: 'Asked for',
};

export const LIST_EMPTY: Readonly<Record<RequestListName, string>> = {
  recent: 'No request has been recorded yet',
  slowest: 'No request has been recorded yet',
  failed: 'No request has failed',
  retried: 'No request was tried again',
  asked: 'Nobody has asked for a request to be recorded',
};

export const WHY_TEXT: Readonly<Record<RequestReason, string>> = {
  sampled: 'sampled',
  asked: 'asked for',
  failed: 'failed',
  retried: 'tried again',
  slow: 'slow',
};

const ATTEMPT_REASONS: Readonly<Record<string, string>> = {
  first: 'first try',
  retry: 'again at the same',
  failover: 'again elsewhere',
  hedge: 'second copy',
  trial: 'trial of an open circuit',
  'last-resort': 'last resort',
};

export function attemptReason(reason: string): string {
  return ATTEMPT_REASONS[reason] ?? reason;
}

/** 0: the client got no answer. */
export function statusText(status: number): string {
  return status === 0 ? 'none' : String(status);
}

export function statusTone(status: number): 'ok' | 'warn' | 'bad' {
  if (status === 0 || status >= 500) return 'bad';
  return status >= 400 ? 'warn' : 'ok';
}
