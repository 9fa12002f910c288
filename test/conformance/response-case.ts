/** A raw answer of a broken or odd backend: played through a proxy, then judged by what the client saw. */
import { RawClient } from '../support/raw-client.ts';
import { usualBody, type Recorder } from '../support/recorder.ts';
import { statusOf, type Message } from '../support/strict-message.ts';
import { asksRight } from './request-case.ts';

type Outcome = 'forward' | '502' | 'truncate-close';

export interface ResponseCase {
  readonly name: string;
  /** Sent as it is, latin1; `parts` follow, each after a wait in milliseconds. */
  readonly raw: string;
  readonly parts?: readonly (readonly [number, string])[];
  readonly end?: 'close' | 'reset';
  readonly when?: 'headers';
  /** GET unless said: a name of REQUESTS, or the bytes of one whose target is `/case`. */
  readonly request?: string;
  /**
   * forward: whole, with `body` and `status` where given. 502: or 504. truncate-close: the client must see that the
   * body was cut.
   */
  readonly expect: Outcome;
  readonly also?: readonly Outcome[];
  readonly body?: string;
  readonly status?: number;
  /** The interim statuses that must be passed on, exactly. */
  readonly interim?: readonly number[];
  readonly notClient?: readonly string[];
  readonly mustClient?: readonly string[];
  /** The proxy must end the client's connection by itself. */
  readonly mustClose?: boolean;
  readonly why: string;
}

export interface SeenByClient {
  readonly interim: readonly number[];
  /** The final answer, whole or not; null when none began. */
  readonly answer: Message | null;
  readonly received: string;
  readonly closed: boolean;
  /** A second request on the same connection: answered rightly, closed before it could be, or wrong. */
  readonly same: 'right' | 'closed' | 'wrong';
  readonly later: boolean;
  readonly upstreamFlaws: readonly string[];
}

const BIG_BYTES = 1024 * 1024;
const REQUESTS: Readonly<Record<string, readonly string[]>> = {
  GET: ['GET /case HTTP/1.1\r\nHost: lb.test\r\n\r\n'],
  HEAD: ['HEAD /case HTTP/1.1\r\nHost: lb.test\r\n\r\n'],
  'GET-10': ['GET /case HTTP/1.0\r\nHost: lb.test\r\n\r\n'],
  POST: ['POST /case HTTP/1.1\r\nHost: lb.test\r\nContent-Length: 5\r\n\r\nhello'],
  'POST-BIG': [`POST /case HTTP/1.1\r\nHost: lb.test\r\nContent-Length: ${BIG_BYTES}\r\n\r\n`, 'x'.repeat(BIG_BYTES)],
  'POST-EXPECT': ['POST /case HTTP/1.1\r\nHost: lb.test\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n', 'hello'],
  UPGRADE: [
    'GET /case HTTP/1.1\r\nHost: lb.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  ],
};
const AFTERWARDS = '/asked-on-the-same-connection';
const PATIENCE_MS = 8000;
const CLOSE_MS = 2000;

export async function playResponse(test: ResponseCase, port: number, recorder: Recorder): Promise<SeenByClient> {
  recorder.clear();
  recorder.script = ({ startLine }) => (startLine.includes(' /case ') ? test : null);
  const request = REQUESTS[test.request ?? 'GET'] ?? [test.request!];
  const method = /^\S+/.exec(request[0]!)![0];
  const client = await RawClient.connect({ port, methods: [method] });
  try {
    const sent = client.send(...request);
    const isFinal = (message: Message) => !/^HTTP\/1\.1 1(?!01)/.test(message.startLine);
    await client.until(() => client.messages.some((message) => isFinal(message) && message.complete), PATIENCE_MS);
    const answer = client.messages.find(isFinal) ?? null;
    const interim = client.messages.filter((message) => !isFinal(message)).map(statusOf);
    await Promise.race([sent, client.untilClosed(CLOSE_MS)]);
    const announced = answer?.fields.some(([name, value]) => name === 'connection' && /close/i.test(value)) ?? false;
    if (test.mustClose === true || announced || answer?.complete === false) await client.untilClosed(CLOSE_MS);
    const { closed, received } = client;
    const same = await asksAgain(client, answer);
    return { interim, answer, received, closed, same, later: await asksRight(port), upstreamFlaws: recorder.flaws };
  } finally {
    client.destroy();
    recorder.script = () => null;
  }
}

async function asksAgain(client: RawClient, first: Message | null): Promise<SeenByClient['same']> {
  if (client.closed) return 'closed';
  // A connection that was switched to another protocol, or whose answer is still coming, cannot be asked again.
  if (first === null || !first.complete || statusOf(first) === 101) return 'wrong';
  const before = client.answers.length;
  await client.send(`GET ${AFTERWARDS} HTTP/1.1\r\nHost: lb.test\r\n\r\n`);
  await client.until(() => client.answers.length > before, PATIENCE_MS);
  const answer = client.answers[before];
  if (answer === undefined) return client.closed && client.leftover === '' ? 'closed' : 'wrong';
  return statusOf(answer) === 200 && answer.body === usualBody('GET', AFTERWARDS) ? 'right' : 'wrong';
}

/** What is wrong with what was seen; empty when the case passed. */
export function judgeResponse(test: ResponseCase, seen: SeenByClient): string[] {
  const problems: string[] = [];
  const say = (problem: string | false) => problem !== false && problems.push(problem);
  const wanted = [test.expect, ...(test.also ?? [])];
  const outcome = outcomeOf(test, seen);
  const got = seen.answer === null ? 'nothing' : `${seen.answer.startLine}, ${seen.answer.complete ? 'whole' : 'cut'}`;
  say((outcome === null || !wanted.includes(outcome)) && `expected ${wanted.join(' or ')}; the client got ${got}`);
  if (outcome === 'forward' && seen.answer !== null) {
    for (const flaw of seen.answer.flaws) say(`client: ${flaw}`);
    if (test.body !== undefined) {
      say(seen.answer.body !== test.body && `the body is ${JSON.stringify(seen.answer.body.slice(0, 200))}`);
    }
    if (test.interim !== undefined) {
      say(
        seen.interim.join() !== test.interim.join() &&
          `interim answers ${seen.interim.join()}, not ${test.interim.join()}`,
      );
    }
    for (const pattern of test.mustClient ?? []) {
      say(!new RegExp(pattern, 'im').test(seen.received) && `the client did not see /${pattern}/`);
    }
  }
  for (const pattern of test.notClient ?? []) {
    say(new RegExp(pattern, 'im').test(seen.received) && `the client saw /${pattern}/`);
  }
  say(test.mustClose === true && !seen.closed && 'the connection was left open');
  const switched = seen.answer !== null && statusOf(seen.answer) === 101;
  say(seen.same === 'wrong' && !switched && 'the same connection then got a wrong answer, or none');
  say(!seen.later && 'a later client got a wrong answer, or none');
  for (const flaw of seen.upstreamFlaws) say(`upstream: ${flaw}`);
  return problems;
}

function outcomeOf(test: ResponseCase, { answer, closed }: SeenByClient): Outcome | null {
  if (answer === null) return null;
  const status = statusOf(answer);
  if (answer.complete && status === (test.status ?? statusSent(test))) return 'forward';
  if (answer.complete && (status === 502 || status === 504)) return '502';
  return !answer.complete && closed ? 'truncate-close' : null;
}

/** The final status that the script's own bytes begin an answer with; 200 where they do not. */
function statusSent(test: ResponseCase): number {
  const sent = test.raw + (test.parts ?? []).map(([, bytes]) => bytes).join('');
  const statuses = [...sent.matchAll(/^\s*HTTP\/\d\.\d (\d{3})\b/gm)].map((match) => Number(match[1]));
  return statuses.find((status) => status >= 200 || status === 101) ?? 200;
}
