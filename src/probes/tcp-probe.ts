/** A TCP probe: a backend that accepts a connection in time is well. */
import { connect } from 'node:net';
import { failureText, timeoutText, type Probe } from './probe.ts';

export const tcpProbe: Probe = ({ address, health }) =>
  new Promise((resolve) => {
    const from = performance.now();
    const socket = connect(
      address.kind === 'unix' ? { path: address.path } : { host: address.host, port: address.port },
    );
    const settle = (ok: boolean, detail: string): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ ok, ms: performance.now() - from, detail });
    };
    const timer = setTimeout(() => settle(false, timeoutText(health.timeoutMs)), health.timeoutMs);
    socket.once('connect', () => settle(true, 'connected'));
    // Stays on after the verdict: a socket may still fail while it is being destroyed.
    socket.on('error', (error) => settle(false, failureText(error)));
  });
