/** The admin API over real HTTP: a supervisor with tokens of both roles, and requests that see the whole answer. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { request, type IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { hashToken } from '#control/auth/token.ts';
import type { FirstToken } from '#control/admin/admin-api.ts';
import type { Supervisor, SupervisorOptions } from '#supervisor/supervisor.ts';
import { supervise, type Settings } from './supervised.ts';
import type { LogRecord } from './virtual-timers.ts';

export const OPERATOR = 'eb_operator-of-the-tests-0123456789abcdefghi';
export const VIEWER = 'eb_viewer-of-the-tests-0123456789abcdefghijk';

export interface AdminReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- a test looks at what is not typed
  readonly data: any;
}

export interface AdminRequest {
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON, or as it is when it is text. */
  readonly body?: unknown;
}

/** Each request on a connection of its own unless `agent` says otherwise. */
export function callAdmin(port: number, method: string, path: string, given: AdminRequest = {}): Promise<AdminReply> {
  const { token, body } = given;
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  const headers = {
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...(text !== undefined && {
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(text)),
    }),
    ...given.headers,
  };
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, method, path, headers, agent: false }, (answer) => {
      let received = '';
      answer.on('data', (part: Buffer) => {
        received += part.toString();
        // A stream has no end: its beginning stands for it.
        if (!/^text\/event-stream/.test(answer.headers['content-type'] ?? '')) return;
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text: received, data: null });
        answer.destroy();
      });
      answer.on('error', reject);
      answer.on('end', () => {
        const isJson = /[/+]json/.test(answer.headers['content-type'] ?? '');
        const data: unknown = isJson && received !== '' ? JSON.parse(received) : null;
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text: received, data });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(text);
  });
}

export interface Administered {
  readonly supervisor: Supervisor;
  readonly log: LogRecord;
  /** Of the listener, and of the admin API's own address. */
  readonly port: number;
  readonly adminPort: number;
  /** What a first start has announced, with where to sign in. */
  readonly first: { told: FirstToken | null; url: string | null };
  /** As the operator, at the own address. */
  readonly operate: (method: string, path: string, given?: AdminRequest) => Promise<AdminReply>;
}

/** A supervisor whose configuration names a viewer and an operator. */
export async function administer(
  t: Pick<TestContext, 'after'>,
  settings: Partial<Settings> = {},
  options: Partial<SupervisorOptions> = {},
): Promise<Administered> {
  const first: Administered['first'] = { told: null, url: null };
  const tokens = [
    { name: 'ops', role: 'operator', hash: hashToken(OPERATOR) },
    { name: 'watch', role: 'viewer', hash: hashToken(VIEWER) },
  ];
  const { supervisor, log, port } = await supervise(
    t,
    {
      backends: ['http://127.0.0.1:9'],
      admin: '127.0.0.1:0',
      ...settings,
      adminSettings: { publicRead: false, tokens, ...settings.adminSettings },
    },
    { announce: (told, url) => Object.assign(first, { told, url }), ...options },
  );
  const { adminPort } = supervisor;
  const operate: Administered['operate'] = (method, path, given) =>
    callAdmin(adminPort, method, path, { token: OPERATOR, ...given });
  return { supervisor, log, port, adminPort, first, operate };
}

/** A list in an answer. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a test looks at what is not typed
export function listOf(value: unknown): any[] {
  assert.ok(Array.isArray(value));
  return value;
}

/** A directory for `state.dir`, gone when the test is over. */
export function stateDirectory(t: Pick<TestContext, 'after'>): string {
  const directory = mkdtempSync(join(tmpdir(), 'eb-state-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
