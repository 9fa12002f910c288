/** `edgebalancer requests`: a table of recorded requests. */
import type { RequestEntry, RequestListName, RequestsAnswer } from '#contract/requests.ts';
import { withAdmin } from './admin-client.ts';
import type { ReadOptions } from './admin-place.ts';
import { ending } from './command-error.ts';
import { cut, harmless } from './harmless.ts';
import type { Io } from './io.ts';
import { table } from './table.ts';

export interface RequestsOptions extends ReadOptions {
  readonly json?: boolean;
  readonly list: RequestListName;
  readonly pool?: string;
  readonly backend?: string;
  readonly route?: string;
  readonly status?: number;
  readonly minMs?: number;
  readonly limit?: number;
}

export function requests(options: RequestsOptions, io: Io): Promise<number> {
  return ending(io, () =>
    withAdmin(options, io, async (client) => {
      const { list, pool, backend, route, status, minMs, limit, json, replica } = options;
      const query = { list, pool, backend, route, status, minMs, limit, replica };
      const answer = await client.get<RequestsAnswer>('admin/requests', query);
      io.stdout(json === true ? `${JSON.stringify(answer, null, 2)}\n` : requestTable(answer));
      return 0;
    }),
  );
}

const HEAD = ['TIME', 'STATUS', 'TOOK', 'TRIES', 'BACKEND', 'WHY', 'ID', 'REQUEST'];
/** Columns that hold numbers. */
const RIGHT = [1, 2, 3];
/** A longer one is cut: its id has the whole. */
const REQUEST_WIDTH = 60;

function requestTable({ requests: list, sample, missingWorkers }: RequestsAnswer): string {
  const late = missingNote(missingWorkers);
  if (sample === null) return `Nothing is recorded: the configuration says \`requests: null\`.\n${late}`;
  if (list.length === 0) return `No such request is recorded.\n${late}`;
  return `${table(HEAD, list.map(cells), RIGHT)}${late}`;
}

function cells(entry: RequestEntry): string[] {
  const { at, status, durationMs, attempts, pool, backend, why, id, method, target, reason } = entry;
  return [
    harmless(at.slice(11, 23)),
    status === 0 ? '-' : String(status),
    `${durationMs.toFixed(1)} ms`,
    String(attempts),
    harmless(backend === '' ? (reason ?? '-') : `${pool}/${backend}`),
    harmless(why),
    harmless(id),
    cut(harmless(`${method} ${target}`), REQUEST_WIDTH),
  ];
}

export function missingNote(workers: readonly number[]): string {
  if (workers.length === 0) return '';
  const which = workers.length === 1 ? `Worker ${workers[0]} has` : `Workers ${workers.join(', ')} have`;
  return `${which} not answered in time: what was recorded there is missing here.\n`;
}
