/** One active health check: what is asked of whom, and what came of it. */
import { isIP } from 'node:net';
import { checkServerIdentity, type ConnectionOptions, type SecureContext } from 'node:tls';
import type { HealthPlan, SocketAddress } from '#core/plan.ts';

export interface ProbeRequest {
  readonly address: SocketAddress;
  /** What Host says unless the plan names another. */
  readonly authority: string;
  readonly health: HealthPlan;
  /** Null: in the clear. */
  readonly tls: ProbeTls | null;
}

export interface ProbeTls {
  /** The host name or IP address that the certificate is verified for. */
  readonly name: string;
  /** Authorities, and what is shown to servers that ask; undefined: those that the system believes, and nothing. */
  readonly context: SecureContext | undefined;
}

/** Of `tls.connect` and `https.request`. An IP address is verified, and not sent as a name (RFC 6066, section 3). */
export function tlsOptions({ name, context }: ProbeTls): ConnectionOptions {
  return {
    servername: isIP(name) === 0 ? name : '',
    checkServerIdentity: (_, certificate) => checkServerIdentity(name, certificate),
    ...(context !== undefined && { secureContext: context }),
    ALPNProtocols: ['http/1.1'],
  };
}

export interface ProbeResult {
  readonly ok: boolean;
  /** From the first attempt to connect until the verdict, in milliseconds. */
  readonly ms: number;
  /** A few words for people: 'status 200', 'connection refused'. */
  readonly detail: string;
}

/** Makes one probe. Never rejects: whatever goes wrong is the backend's failure. */
export type Probe = (request: ProbeRequest) => Promise<ProbeResult>;

/** What a system's error code means to an operator. */
export function failureText(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ECONNREFUSED':
      return 'connection refused';
    case 'ECONNRESET':
      return 'the connection was reset';
    case 'ENOENT':
      return 'there is no such socket';
    case 'EACCES':
      return 'permission denied';
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'no route to it';
    case 'ETIMEDOUT':
      return 'the connection timed out';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'the name does not resolve';
    default:
      return error.code === undefined || error.message.includes(error.code)
        ? error.message
        : `${error.message} (${error.code})`;
  }
}

export function timeoutText(timeoutMs: number): string {
  return `no answer within ${timeoutMs} ms`;
}

/** The verdict on a final status. */
export function judgeStatus(status: number, { status: ranges }: HealthPlan): [ok: boolean, detail: string] {
  if (ranges.some(([from, to]) => status >= from && status <= to)) return [true, `status ${status}`];
  const wanted = ranges.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(', ');
  return [false, `status ${status}, expected ${wanted}`];
}
