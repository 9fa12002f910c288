/** `edgebalancer replicas`: a table of the replicas that share state, and the backends that any of them keeps out. */
import { styleText } from 'node:util';
import type { OutSomewhere, ReplicaEntry, ReplicasAnswer } from '#contract/replicas.ts';
import { withAdmin } from './admin-client.ts';
import type { AdminOptions } from './admin-place.ts';
import { ending } from './command-error.ts';
import { harmless } from './harmless.ts';
import type { Io } from './io.ts';
import { table } from './table.ts';

export interface ReplicasOptions extends AdminOptions {
  readonly json?: boolean;
  /** Seconds between two tables; absent: one table. */
  readonly watch?: number;
}

/** `signal` ends a watch. */
export function replicas(options: ReplicasOptions, io: Io, signal?: AbortSignal): Promise<number> {
  return ending(io, () =>
    withAdmin(options, io, async (client) => {
      const { watch, json = false } = options;
      const text = async (indent?: number): Promise<string> => {
        const answer = await client.get<ReplicasAnswer>('admin/replicas');
        return json ? `${JSON.stringify(answer, null, indent)}\n` : told(answer);
      };
      if (watch === undefined) {
        io.stdout(await text(2));
        return 0;
      }
      const { watching } = await import('./watching.ts');
      return await watching(io, watch, async () => ({ text: await text(), plain: json }), signal);
    }),
  );
}

const HEAD = [
  'REPLICA',
  'STATE',
  'SINCE',
  'CONFIG',
  'WORKERS',
  'REQUESTS/S',
  'ERRORS/S',
  'IN FLIGHT',
  'P99',
  'BACKENDS',
  'ID',
];
/** Columns that hold numbers. */
const RIGHT = [3, 4, 5, 6, 7, 8, 9];

function told(answer: ReplicasAnswer): string {
  const { shared, connected, replicas: entries, totals, out } = answer;
  const rows = entries.map(cells);
  if (entries.length > 1)
    rows.push([
      'all',
      '',
      '',
      '',
      '',
      rate(totals.requestsPerSecond),
      rate(totals.upstreamErrorsPerSecond),
      String(totals.inFlight),
      '',
      '',
      '',
    ]);
  const notes = shared
    ? connected
      ? ''
      : '\nWhat replicas share cannot be asked now: the others are as they were last heard of.\n'
    : '\nNothing is shared (`state.shared`): this one alone answers.\n';
  return `${table(HEAD, rows, RIGHT)}${notes}${out.length === 0 ? '' : `\n${outTable(out, entries.length)}`}`;
}

function cells({
  id,
  name,
  here,
  draining,
  startedAt,
  configVersion,
  revision,
  workers,
  figures,
}: ReplicaEntry): string[] {
  return [
    `${harmless(name)}${here ? ' *' : ''}`,
    draining
      ? styleText('yellow', 'draining')
      : workers === 0
        ? styleText('red', 'no worker')
        : styleText('green', 'serving'),
    harmless(startedAt.slice(0, 16).replace('T', ' ')),
    configVersion === 0 ? `revision ${revision}` : String(configVersion),
    String(workers),
    rate(figures.perSecond.requests),
    rate(figures.perSecond.upstreamErrors),
    String(figures.inFlight),
    figures.latencyMs === null ? '-' : `${figures.latencyMs.p99.toFixed(1)} ms`,
    `${figures.backendsUp} of ${figures.backends}`,
    harmless(id),
  ];
}

function outTable(out: readonly OutSomewhere[], count: number): string {
  const rows = out.map(({ pool, backend, at }) => [
    harmless(`${pool}/${backend}`),
    `${at.length} of ${count}`,
    at
      .map(({ replica, state, circuit }) =>
        harmless(`${replica}: ${circuit === 'closed' ? state : `circuit ${circuit}`}`),
      )
      .join(', '),
  ]);
  return table(['OUT', 'AT', 'WHY'], rows, []);
}

function rate(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(1);
}
