/**
 * An HTTP probe: one request on a connection of its own, judged by its status and, where asked for, by its body. Redirects
 * are not followed: they are statuses like any other. The timeout spans the whole probe.
 */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { failureText, judgeStatus, timeoutText, tlsOptions, type Probe } from './probe.ts';

/** What is read of a body at most. A health page that says more does not say it in time anyway. */
const BODY_BYTES_MAX = 64 * 1024;

export const httpProbe: Probe = ({ address, authority, health, tls }) =>
  new Promise((resolve) => {
    const from = performance.now();
    let settled = false;
    const settle = (ok: boolean, detail: string): void => {
      if (settled) return;
      settled = true;
      resolve({ ok, ms: performance.now() - from, detail });
    };
    const send = tls === null ? httpRequest : httpsRequest;
    const request = send({
      ...(tls !== null && tlsOptions(tls)),
      ...(address.kind === 'unix' ? { socketPath: address.path } : { host: address.host, port: address.port }),
      agent: false,
      method: health.method,
      path: health.path,
      headers: {
        host: health.host ?? (address.kind === 'unix' ? 'localhost' : authority),
        'user-agent': 'edgebalancer-probe',
        accept: '*/*',
        connection: 'close',
      },
    });
    const timer = setTimeout(() => {
      settle(false, timeoutText(health.timeoutMs));
      request.destroy();
    }, health.timeoutMs);
    request.on('error', (error) => settle(false, failureText(error)));
    request.on('close', () => {
      clearTimeout(timer);
      settle(false, 'the connection was closed before the answer was whole');
    });
    request.on('upgrade', (answer, socket) => {
      socket.destroy();
      settle(...judgeStatus(answer.statusCode ?? 0, health));
    });
    request.on('response', (answer) => {
      const verdict = judgeStatus(answer.statusCode ?? 0, health);
      if (health.body === null || !verdict[0]) settle(...verdict);
      readBody(answer, (body, whole) => {
        if (health.body !== null) settle(...judgeBody(body, whole, health.body, verdict[1]));
        if (!whole) request.destroy();
      });
    });
    request.end();
  });

function judgeBody(body: Buffer, whole: boolean, wanted: string, status: string): [ok: boolean, detail: string] {
  if (body.includes(wanted)) return [true, `${status}, and the body says so`];
  const where = whole ? 'the body' : `the body's first ${BODY_BYTES_MAX / 1024} KiB`;
  return [false, `${status}, but ${where} does not contain ${JSON.stringify(wanted)}`];
}

/** Calls `done` once: with the whole body, or with its beginning when it is too long. */
function readBody(answer: IncomingMessage, done: (body: Buffer, whole: boolean) => void): void {
  const parts: Buffer[] = [];
  let bytes = 0;
  answer.on('data', (part: Buffer) => {
    if (bytes >= BODY_BYTES_MAX) return;
    parts.push(part);
    bytes += part.length;
    if (bytes >= BODY_BYTES_MAX) done(Buffer.concat(parts).subarray(0, BODY_BYTES_MAX), false);
  });
  answer.on('end', () => {
    if (bytes < BODY_BYTES_MAX) done(Buffer.concat(parts), true);
  });
  // A body that is cut short ends with 'error' or 'close' on the request, which judge it.
  answer.on('error', () => {});
}
