/** `edgebalancer incidents`: what left its normal range, and one of these with its timeline. */
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { IncidentAnswer, IncidentEntry, IncidentsAnswer } from '#contract/incidents.ts';
import { withAdmin } from './admin-client.ts';
import type { ReadOptions } from './admin-place.ts';
import { ending } from './command-error.ts';
import { harmless } from './harmless.ts';
import type { Io } from './io.ts';
import { table } from './table.ts';

export interface IncidentsOptions extends ReadOptions {
  readonly json?: boolean;
  /** Where the incident is written, whole. */
  readonly save?: string;
}

export function incidents(id: string | null, options: IncidentsOptions, io: Io): Promise<number> {
  return ending(io, () =>
    withAdmin(options, io, async (client) => {
      const { replica } = options;
      if (id === null) {
        const answer = await client.get<IncidentsAnswer>('admin/incidents', { replica });
        io.stdout(options.json === true ? `${JSON.stringify(answer, null, 2)}\n` : listed(answer.incidents));
        return 0;
      }
      const answer = await client.get<IncidentAnswer>(`admin/incidents/${encodeURIComponent(id)}`, { replica });
      if (options.save !== undefined) {
        await writeFile(resolve(io.cwd, options.save), `${JSON.stringify(answer, null, 2)}\n`);
        io.stderr(`the incident is in ${options.save}\n`);
      } else io.stdout(options.json === true ? `${JSON.stringify(answer, null, 2)}\n` : story(answer));
      return 0;
    }),
  );
}

function listed(entries: readonly IncidentEntry[]): string {
  if (entries.length === 0) return 'Nothing has left its normal range.\n';
  const rows = entries.map(({ id, closedAt, says, cause }) => [
    id,
    closedAt === null ? 'goes on' : `to ${closedAt.slice(11, 19)}`,
    harmless(says),
    harmless(cause?.text ?? '-'),
  ]);
  return table(['ID', 'STATE', 'WHAT', 'CAUSE'], rows, []);
}

function story({ id, openedAt, closedAt, says, cause, timeline, routes }: IncidentAnswer): string {
  const span = `${openedAt.slice(0, 19)} to ${closedAt === null ? 'now' : closedAt.slice(0, 19)}`;
  const marks = timeline.map(({ at, kind, says: what }) => [at.slice(11, 23), kind, harmless(what)]);
  const rows = routes.map(({ route, requests, serverErrors, p99Ms }) => [
    harmless(route),
    String(requests),
    String(serverErrors),
    p99Ms === null ? '-' : `${p99Ms.toFixed(1)} ms`,
  ]);
  return [
    `Incident ${id}, ${span}: ${harmless(says)}.\n`,
    ...(cause === null ? [] : [`Cause: ${harmless(cause.text)}\n`]),
    `\n${table(['AT', 'KIND', 'WHAT'], marks, [])}`,
    ...(rows.length === 0 ? [] : [`\n${table(['ROUTE', 'REQUESTS', '5XX', 'P99'], rows, [1, 2, 3])}`]),
  ].join('');
}
