/**
 * An HTTP probe that is judged by its status alone, which most are: one connection, one write, and the connection is
 * dropped as soon as the status line and fields are there. A third of what a whole HTTP client costs, which tells where a
 * thousand backends are probed every few seconds.
 */
import { createConnection } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { INCOMPLETE, type HeadLimits } from '#http1/head.ts';
import { ResponseHead, parseResponseHead } from '#http1/response-head.ts';
import { failureText, judgeStatus, timeoutText, tlsOptions, type Probe, type ProbeRequest } from './probe.ts';

const LIMITS: HeadLimits = { headerBytes: 64 * 1024, headerCount: 256, targetBytes: 0 };
/** Heads are parsed one at a time and read at once, so one record serves all probes. */
const head = new ResponseHead(LIMITS.headerCount);

export const statusProbe: Probe = (request) =>
  new Promise((resolve) => {
    const { address, health, tls } = request;
    const from = performance.now();
    let received: Buffer = Buffer.alloc(0);
    const at =
      address.kind === 'unix'
        ? { path: address.path }
        : { host: address.host, port: address.port, autoSelectFamily: false };
    const socket = tls === null ? createConnection(at) : connectTls({ ...at, ...tlsOptions(tls) });
    const settle = (ok: boolean, detail: string): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ ok, ms: performance.now() - from, detail });
    };
    const timer = setTimeout(() => settle(false, timeoutText(health.timeoutMs)), health.timeoutMs);
    socket.once(tls === null ? 'connect' : 'secureConnect', () => socket.write(requestText(request), 'latin1'));
    socket.on('data', (bytes: Buffer) => {
      received = received.length === 0 ? bytes : Buffer.concat([received, bytes]);
      const status = finalStatus(received);
      if (status < 0) settle(false, 'the answer is not valid HTTP/1.1');
      else if (status > 0) settle(...judgeStatus(status, health));
    });
    socket.once('end', () => settle(false, 'the connection was closed before the answer was whole'));
    // Stays on after the verdict: a socket may still fail while it is being destroyed.
    socket.on('error', (error) => settle(false, failureText(error)));
  });

function requestText({ address, authority, health }: ProbeRequest): string {
  const host = health.host ?? (address.kind === 'unix' ? 'localhost' : authority);
  return (
    `${health.method} ${health.path} HTTP/1.1\r\nhost: ${host}\r\n` +
    'user-agent: edgebalancer-probe\r\naccept: */*\r\nconnection: close\r\n\r\n'
  );
}

/** The status of the final answer, 0 while its head is not whole, -1 when it is no HTTP/1.1. */
function finalStatus(bytes: Buffer): number {
  let at = 0;
  while (at < bytes.length) {
    const next = parseResponseHead(bytes, at, bytes.length, head, LIMITS);
    if (next === INCOMPLETE) return 0;
    if (next < 0) return -1;
    if (head.status >= 200 || head.status === 101) return head.status;
    at = next;
  }
  return 0;
}
