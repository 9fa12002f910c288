/** A raw request: played through a proxy in front of a strict recorder, then judged by what both ends saw. */
import { RawClient } from '../support/raw-client.ts';
import { usualBody, type Recorder } from '../support/recorder.ts';
import { statusOf, type Message } from '../support/strict-message.ts';

export interface RequestCase {
  readonly name: string;
  readonly category: string;
  /** Sent as it is, latin1; with `parts`, in segments of their own. */
  readonly raw?: string;
  readonly parts?: readonly string[];
  /**
   * accept: reaches the backend clean, the client gets a 2xx. reject: answered with an error, or closed; the backend
   * sees nothing of it. reject-or-sanitize: either; never anything ambiguous upstream.
   */
  readonly expect: 'accept' | 'reject' | 'reject-or-sanitize';
  readonly why: string;
  /** What a rejection may have. */
  readonly statuses?: readonly number[];
  /** How many requests the backend may see: 1, or none where the case must be rejected, unless said. */
  readonly maxUpstream?: number;
  /** The connection must end after the answer. */
  readonly mustClose?: boolean;
  /** Patterns in the heads that the backend saw, or in all that the client saw. */
  readonly notUpstream?: readonly string[];
  readonly mustUpstream?: readonly string[];
  readonly notClient?: readonly string[];
  readonly mustClient?: readonly string[];
  /** The final answers' statuses, exactly. */
  readonly answers?: readonly number[];
  /** The bodies that the backend read, exactly. */
  readonly bodies?: readonly string[];
  /** The client never sends the end: after a short wait for an answer it leaves. */
  readonly incomplete?: boolean;
  /** Methods in order, where an answer's reading depends on one (HEAD). */
  readonly methods?: readonly string[];
  /** A hardening choice rather than a MUST of an RFC. */
  readonly policy?: boolean;
}

export interface Seen {
  /** Requests of this case at the backend, incomplete ones included. */
  readonly upstream: readonly Message[];
  /** Bytes at the backend that did not even make a request's head. */
  readonly strayUpstream: string;
  /** An incomplete request's connection was left open. */
  readonly dangling: boolean;
  readonly answers: readonly Message[];
  readonly received: string;
  readonly leftover: string;
  /** The proxy ended the connection by itself. */
  readonly closed: boolean;
  /** A new client afterwards got the right answer to its own request. */
  readonly laterAnswer: boolean;
}

const PATIENCE_MS = 10_000;
/** How long a client that never sends the end of its request waits for an answer. */
const INCOMPLETE_MS = 300;
const CLOSE_MS = 2000;
const LATER = '/asked-afterwards';

export async function playRequest(test: RequestCase, port: number, recorder: Recorder): Promise<Seen> {
  recorder.clear();
  const client = await RawClient.connect({ port, methods: test.methods ?? [firstWord(test)] });
  try {
    const wanted = test.answers?.length ?? (test.expect === 'accept' ? (test.maxUpstream ?? 1) : 1);
    const patience = test.incomplete === true ? INCOMPLETE_MS : PATIENCE_MS;
    await client.send(...(test.parts ?? [test.raw ?? '']));
    await client.until(() => client.answers.length >= wanted, patience);
    if (test.mustClose === true) await client.untilClosed(CLOSE_MS);
    const { closed } = client;
    // A proxy ends an idle connection whose client has; whatever was smuggled behind the answer is sent by then.
    client.end();
    await client.untilClosed(CLOSE_MS);
    const laterAnswer = await asksRight(port);
    const upstream = recorder.requests.filter(({ message }) => !message.startLine.includes(LATER));
    const unfinished = upstream.filter(({ message }) => !message.complete);
    const dangling = !(await recorder.until(
      () => unfinished.every(({ connection }) => recorder.ended.has(connection)),
      CLOSE_MS,
    ));
    return {
      upstream: upstream.map(({ message }) => message),
      strayUpstream: recorder.requests.length === 0 ? recorder.sent.join('') : '',
      dangling,
      answers: client.answers,
      received: client.received,
      leftover: client.leftover,
      closed,
      laterAnswer,
    };
  } finally {
    client.destroy();
  }
}

/** A request of its own on a new connection gets its own answer. */
export async function asksRight(port: number): Promise<boolean> {
  const client = await RawClient.connect({ port });
  try {
    const answer = await client.ask(`GET ${LATER} HTTP/1.1\r\nHost: lb.test\r\n\r\n`);
    return statusOf(answer) === 200 && answer.body === usualBody('GET', LATER) && client.leftover === '';
  } catch {
    return false;
  } finally {
    client.destroy();
  }
}

/** What is wrong with what was seen; empty when the case passed. */
export function judgeRequest(test: RequestCase, seen: Seen): string[] {
  const problems: string[] = [];
  const say = (problem: string | false) => problem !== false && problems.push(problem);
  const statuses = seen.answers.map(statusOf);
  const last = statuses.at(-1);
  const complete = seen.upstream.filter((message) => message.complete);
  const rejected = last === undefined || last >= 400;
  const max = test.maxUpstream ?? (test.expect === 'reject' ? 0 : 1);

  for (const { startLine, flaws } of seen.upstream) for (const flaw of flaws) say(`upstream, ${startLine}: ${flaw}`);
  for (const { startLine, flaws } of seen.answers) for (const flaw of flaws) say(`client, ${startLine}: ${flaw}`);
  say(seen.upstream.length > max && `the backend saw ${seen.upstream.length} requests, at most ${max} expected`);
  say(seen.dangling && 'an incomplete request was left open upstream');
  say(!seen.laterAnswer && 'a later client got a wrong answer, or none');

  if (test.expect === 'accept') {
    say(!statuses.every((status) => status >= 200 && status < 300) && `answered ${statuses.join()}`);
    say(complete.length !== max && `the backend saw ${complete.length} whole requests, ${max} expected`);
    say(seen.answers.length !== complete.length && `${seen.answers.length} answers to ${complete.length} requests`);
  } else if (test.expect === 'reject') {
    say(!rejected && `answered ${statuses.join()}, a rejection expected`);
    say(seen.strayUpstream !== '' && `the backend was sent ${JSON.stringify(seen.strayUpstream)}`);
  }
  const wrongStatus = rejected && last !== undefined && test.statuses !== undefined && !test.statuses.includes(last);
  say(wrongStatus && `rejected with ${last}, expected one of ${test.statuses?.join()}`);
  say(test.mustClose === true && !seen.closed && 'the connection was left open');

  const heads = seen.upstream.map(({ head }) => head).join('');
  for (const pattern of test.notUpstream ?? []) say(matches(pattern, heads) && `the backend saw /${pattern}/`);
  for (const pattern of test.notClient ?? []) say(matches(pattern, seen.received) && `the client saw /${pattern}/`);
  for (const pattern of test.mustClient ?? [])
    say(!matches(pattern, seen.received) && `the client did not see /${pattern}/`);
  if (complete.length > 0) {
    for (const pattern of test.mustUpstream ?? [])
      say(!matches(pattern, heads) && `the backend did not see /${pattern}/`);
  }
  if (test.answers !== undefined)
    say(statuses.join() !== test.answers.join() && `answered ${statuses.join()}, not ${test.answers.join()}`);
  const bodies = complete.map(({ body }) => body);
  if (test.bodies !== undefined) {
    say(
      JSON.stringify(bodies) !== JSON.stringify(test.bodies) && `the backend read the bodies ${JSON.stringify(bodies)}`,
    );
  }
  problems.push(...wrongOrder(seen, complete));
  return problems;
}

/** Answers that name another request than the one they came to. */
function wrongOrder(seen: Seen, complete: readonly Message[]): string[] {
  return complete.flatMap((request, index) => {
    const answer = seen.answers[index];
    const [method = '', target = ''] = request.startLine.split(' ');
    if (answer === undefined || statusOf(answer) !== 200 || method === 'HEAD') return [];
    return answer.body === usualBody(method, target)
      ? []
      : [`${request.startLine} got the answer ${JSON.stringify(answer.body)}`];
  });
}

function matches(pattern: string, text: string): boolean {
  return new RegExp(pattern, 'im').test(text);
}

function firstWord(test: RequestCase): string {
  return /^\s*(\S+)/.exec((test.parts ?? [test.raw ?? '']).join(''))?.[1] ?? 'GET';
}
