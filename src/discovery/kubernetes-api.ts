/**
 * The cluster's API server as a pod is given it: address in the environment, token and authority in files that are
 * replaced while it runs, so that each request reads the token anew.
 * https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/
 */
import { readFile } from 'node:fs/promises';
import { request as plainRequest, type IncomingMessage } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { KubernetesError, type KubernetesApi } from './sources/kubernetes.ts';

const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
const TIMEOUT_MS = 10_000;
/** A watch says something at least once a minute: bookmarks come. */
const SILENCE_MS = 330_000;
/** A slice has at most 1,000 endpoints of a few hundred bytes. */
const LINE_MAX = 4 * 1024 * 1024;
const ANSWER_MAX = 64 * 1024 * 1024;

export interface ClusterPlace {
  readonly url: URL;
  /** Null: plain HTTP, to this machine. */
  readonly ca: () => Promise<Buffer | null>;
  readonly token: () => Promise<string>;
}

/** Throws a sentence when the process does not run in a pod. */
export function inCluster(env: Readonly<Record<string, string | undefined>>): ClusterPlace {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = '443' } = env;
  if (host === undefined || host === '')
    throw new Error('KUBERNETES_SERVICE_HOST is not set: discovery by `kubernetes` works inside a cluster only');
  return {
    url: new URL(`https://${host.includes(':') ? `[${host}]` : host}:${port}`),
    ca: () => readFile(`${ACCOUNT}/ca.crt`),
    token: async () => (await readFile(`${ACCOUNT}/token`, 'utf8')).trim(),
  };
}

export function kubernetesApi(place: ClusterPlace): KubernetesApi {
  return {
    get: async (path) => {
      const answer = await ask(place, path, TIMEOUT_MS);
      const text = await whole(answer);
      if (answer.statusCode !== 200) throw refused(answer.statusCode ?? 0, text);
      return JSON.parse(text) as unknown;
    },
    watch: (path, onLine) => {
      let answer: IncomingMessage | null = null;
      let stopped = false;
      const run = async (): Promise<void> => {
        answer = await ask(place, path, SILENCE_MS);
        if (answer.statusCode !== 200) throw refused(answer.statusCode ?? 0, await whole(answer));
        if (stopped) answer.destroy();
        await lines(answer, onLine);
      };
      const stop = (): void => {
        stopped = true;
        answer?.destroy();
      };
      return { ended: run().catch((error: unknown) => (stopped ? undefined : Promise.reject(error as Error))), stop };
    },
  };
}

async function ask({ url, ca, token }: ClusterPlace, path: string, silenceMs: number): Promise<IncomingMessage> {
  const [authority, bearer] = await Promise.all([ca(), token()]);
  const headers = { authorization: `Bearer ${bearer}`, accept: 'application/json' };
  const options = { host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port, path, headers, timeout: silenceMs };
  return await new Promise((resolve, reject) => {
    const sent =
      url.protocol === 'https:'
        ? tlsRequest({ ...options, ...(authority !== null && { ca: authority }) }, resolve)
        : plainRequest(options, resolve);
    sent.on('timeout', () => sent.destroy(new Error('no answer in time')));
    sent.on('error', (error) => reject(new Error(`the API server at ${url.host} does not answer: ${error.message}`)));
    sent.end();
  });
}

async function whole(answer: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of answer) {
    bytes += (part as Buffer).length;
    if (bytes > ANSWER_MAX) throw new Error('the API server gave an answer of more than 64 MiB');
    parts.push(part as Buffer);
  }
  return Buffer.concat(parts).toString();
}

async function lines(answer: IncomingMessage, onLine: (line: string) => void): Promise<void> {
  let rest = '';
  answer.setEncoding('utf8');
  for await (const part of answer) {
    rest += part as string;
    if (rest.length > LINE_MAX) throw new Error('the API server sent a line of more than 4 MiB');
    const found = rest.split('\n');
    rest = found.pop() as string;
    for (const line of found) if (line !== '') onLine(line);
  }
}

function refused(status: number, text: string): KubernetesError {
  let says = '';
  try {
    says = (JSON.parse(text) as { message?: string }).message ?? '';
  } catch {
    // Whatever stands between has its own words.
  }
  const hint = status === 403 ? '; the service account needs `list` and `watch` on `endpointslices`' : '';
  return new KubernetesError(status, `the API server answered ${status}${says === '' ? '' : `: ${says}`}${hint}`);
}
