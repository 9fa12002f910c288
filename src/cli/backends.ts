/** `edgebalancer backends`: a table of backends and how they are, from the admin API. */
import { styleText } from 'node:util';
import type { BackendEntry, BackendsAnswer } from '#contract/admin.ts';
import { table } from './table.ts';

const TIMEOUT_MS = 5_000;

export interface BackendsOptions {
  readonly json?: boolean;
  /** Base URL of the admin API. */
  readonly admin: string;
}

export async function backends({ json = false, admin }: BackendsOptions): Promise<number> {
  let answer: BackendsAnswer;
  try {
    answer = await ask(admin);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
  process.stdout.write(json ? `${JSON.stringify(answer, null, 2)}\n` : backendTable(answer));
  return 0;
}

async function ask(admin: string): Promise<BackendsAnswer> {
  const hint = `Is edgebalancer running there? --admin URL names another place; npm start answers at http://127.0.0.1:8080.`;
  if (!URL.canParse(admin)) throw new Error(`--admin wants a URL such as http://127.0.0.1:9090, and got ${admin}.`);
  const url = new URL('admin/backends', admin.endsWith('/') ? admin : `${admin}/`);
  let response: Response;
  try {
    response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch {
    throw new Error(`No answer from ${url}. ${hint}`);
  }
  if (!response.ok) throw new Error(`${url} answered ${response.status}. ${hint}`);
  try {
    return (await response.json()) as BackendsAnswer;
  } catch {
    throw new Error(`${url} did not answer with JSON. ${hint}`);
  }
}

const HEAD = [
  'POOL',
  'BACKEND',
  'STATE',
  'WEIGHT',
  'SHARE',
  'REQUESTS',
  'FAILURES',
  'IN FLIGHT',
  'P50',
  'P99',
  'LAST PROBE',
];
/** Columns that hold numbers. */
const RIGHT = [3, 4, 5, 6, 7, 8, 9];

export function backendTable({ pools }: BackendsAnswer): string {
  const rows = pools.flatMap((pool) => pool.backends.map((backend) => [pool.name, ...cells(backend)]));
  return table(HEAD, rows, RIGHT);
}

function cells(backend: BackendEntry): string[] {
  const { id, state, weight, effectiveWeight, share, requests, failures, inFlight, latencyMs, lastProbe } = backend;
  return [
    id,
    styleText(COLOURS[state], state),
    effectiveWeight === weight ? String(weight) : `${effectiveWeight.toFixed(2)} of ${weight}`,
    `${(share * 100).toFixed(1)} %`,
    String(requests),
    String(failures),
    String(inFlight),
    `${latencyMs.p50.toFixed(1)} ms`,
    `${latencyMs.p99.toFixed(1)} ms`,
    lastProbe?.detail ?? 'none',
  ];
}

const COLOURS = {
  healthy: 'green',
  falling: 'yellow',
  rising: 'yellow',
  unhealthy: 'red',
  draining: 'dim',
  maintenance: 'dim',
  unknown: 'dim',
} as const satisfies Record<BackendEntry['state'], string>;
