import { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { setTimeout as delay } from 'node:timers/promises';
import { logTail, type Child } from './children.ts';

/** One answer, as text. */
export interface Answer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

const ATTEMPT_LIMIT_MS = 2000;

/** One request on a connection of its own; null when nothing that looks like an answer came back. */
export function ask(
  host: string,
  port: number,
  path: string,
  fields: readonly string[] = ['Connection: close'],
  secure = false,
): Promise<Answer | null> {
  return new Promise((resolve) => {
    const plain = new Socket();
    // Who is asked was started here, with a certificate that was made here.
    const socket = secure ? connectTls({ socket: plain, rejectUnauthorized: false }) : plain;
    let text = '';
    const finish = () => {
      socket.destroy();
      const blank = text.indexOf('\r\n\r\n');
      const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1] ?? NaN);
      if (blank < 0 || Number.isNaN(status)) resolve(null);
      else resolve({ status, head: text.slice(0, blank), body: text.slice(blank + 4) });
    };
    socket.setTimeout(ATTEMPT_LIMIT_MS, finish);
    socket.on('data', (chunk) => (text += chunk.toString('latin1')));
    socket.on('error', finish);
    socket.on('end', finish);
    if (secure) plain.on('error', finish);
    socket.once(secure ? 'secureConnect' : 'connect', () => {
      socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}:${port}\r\n${fields.join('\r\n')}\r\n\r\n`, 'latin1');
    });
    plain.connect({ host, port });
  });
}

export interface Awaited {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly child: Child;
  readonly what: string;
  /** Between two attempts. */
  readonly pauseMs?: number;
  readonly limitMs?: number;
  /** By TLS. */
  readonly secure?: boolean;
}

/** Asks until the answer is 200; throws, with the end of the log, when the process ends or the limit passes. */
export async function awaitAnswer(awaited: Awaited): Promise<void> {
  const { host, port, path, child, what, pauseMs = 20, limitMs = 15_000, secure = false } = awaited;
  const giveUp = performance.now() + limitMs;
  let last = 'nothing';
  for (;;) {
    const answer = await ask(host, port, path, undefined, secure);
    if (answer?.status === 200) return;
    if (answer !== null) last = `status ${answer.status}`;
    if (!child.alive()) throw new Error(`${what} ended at once:\n${logTail(child)}`);
    if (performance.now() > giveUp)
      throw new Error(`${what} did not answer 200 in time, but ${last}:\n${logTail(child)}`);
    await delay(pauseMs);
  }
}
