/**
 * `edgebalancer explain`: the story of one recorded request. With `--url` it makes the request itself, asking for it to be
 * recorded: the token goes in the request's head then, where EdgeBalancer takes it out.
 */
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { setTimeout as wait } from 'node:timers/promises';
import type { RequestAnswer } from '#contract/requests.ts';
import { withAdmin, type AdminClient } from './admin-client.ts';
import { TOKEN_PLACES, type ReadOptions } from './admin-place.ts';
import { CommandError, ending } from './command-error.ts';
import { harmless } from './harmless.ts';
import type { Io } from './io.ts';
import { story } from './request-story.ts';

export interface ExplainOptions extends ReadOptions {
  readonly json?: boolean;
  readonly url?: string;
}

/** An answer may be here a moment before its exchange is over and recorded. */
const LOOKS = 20;
const LOOK_MS = 50;

export function explain(id: string | null, options: ExplainOptions, io: Io): Promise<number> {
  return ending(io, () =>
    withAdmin(options, io, async (client) => {
      const made = options.url === undefined ? null : await makeRequest(options.url, client, io);
      const answer =
        made === null ? await recorded(client, id as string, options) : await recordedSoon(client, made, options);
      io.stdout(options.json === true ? `${JSON.stringify(answer, null, 2)}\n` : story(answer));
      return 0;
    }),
  );
}

function recorded(client: AdminClient, id: string, { replica }: ExplainOptions): Promise<RequestAnswer> {
  return client.get<RequestAnswer>(`admin/requests/${encodeURIComponent(id)}`, { replica });
}

async function recordedSoon(client: AdminClient, id: string, options: ExplainOptions): Promise<RequestAnswer> {
  for (let looks = 1; ; looks++) {
    try {
      return await recorded(client, id, options);
    } catch (error) {
      if (!(error instanceof CommandError) || looks === LOOKS) throw error;
    }
    await wait(LOOK_MS);
  }
}

/** The id of a request that asks to be recorded, once its answer has ended, or the time for it is over. */
async function makeRequest(text: string, { place }: AdminClient, io: Io): Promise<string> {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !['http:', 'https:'].includes(url.protocol) || url.username !== '' || url.password !== '')
    throw new CommandError('--url wants a URL such as http://127.0.0.1:8080/proxy/, without a user or password.', 2);
  if (place.token === null) throw new CommandError(`Only an operator may have a request recorded. ${TOKEN_PLACES}`, 2);
  const local = ['localhost', '[::1]'].includes(url.hostname) || url.hostname.startsWith('127.');
  if (url.protocol === 'http:' && !local)
    io.stderr(`warning: the token goes to ${url.host} unencrypted; use https there\n`);
  const send = url.protocol === 'https:' ? requestHttps : requestHttp;
  const headers = { 'x-edgebalancer-explain': place.token };
  return await new Promise<string>((resolve, reject) => {
    const options = { headers, agent: false, signal: AbortSignal.timeout(place.timeoutMs) };
    const outgoing = send(url, options, (answer) => {
      const id = answer.headers['x-request-id'];
      // Read to its end where it comes at once: an exchange that is broken off is another story.
      answer.resume();
      answer.on('error', () => {});
      answer.once('close', () => {
        if (typeof id === 'string') resolve(id);
        else reject(new CommandError(`${url.host} gave no x-request-id. Is EdgeBalancer answering there?`));
      });
    });
    outgoing.once('error', (error) =>
      reject(new CommandError(`No answer from ${url.host}: ${harmless(error.message)}`)),
    );
    outgoing.end();
  });
}
