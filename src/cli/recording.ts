/** `edgebalancer recording`: what was recorded of the traffic in the last minutes, and a file of it. */
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { BackendRecording, PoolRecording, RecordingAnswer, SizeCount } from '#contract/recording.ts';
import type { SimulationModel } from '#contract/simulate.ts';
import { withAdmin } from './admin-client.ts';
import type { ReadOptions } from './admin-place.ts';
import { ending } from './command-error.ts';
import { harmless } from './harmless.ts';
import type { Io } from './io.ts';
import { table } from './table.ts';

export interface RecordingOptions extends ReadOptions {
  readonly json?: boolean;
  readonly pool?: string;
  /** Where it is written, whole. */
  readonly save?: string;
}

export function recording(options: RecordingOptions, io: Io): Promise<number> {
  return ending(io, () =>
    withAdmin(options, io, async (client) => {
      const { pool, replica } = options;
      const answer = await client.get<RecordingAnswer>('admin/recording', { pool, replica });
      if (options.save !== undefined) {
        await writeFile(resolve(io.cwd, options.save), `${JSON.stringify(answer)}\n`);
        io.stderr(`the recording is in ${options.save}; replay it with: simulate --from ${options.save}\n`);
      } else io.stdout(options.json === true ? `${JSON.stringify(answer, null, 2)}\n` : told(answer));
      return 0;
    }),
  );
}

function told({ pools, models }: RecordingAnswer): string {
  return pools
    .map((pool) => {
      const model = models.find((one) => one.pool.name === pool.pool);
      return model === undefined
        ? `Pool ${harmless(pool.pool)}: too little came in the last minutes to tell.\n`
        : poolTold(pool, model);
    })
    .join('\n');
}

function poolTold(pool: PoolRecording, { traffic }: SimulationModel): string {
  const { counts, stepMs } = pool.arrivals;
  const requests = counts.reduce((sum, count) => sum + count, 0);
  const rows = pool.backends.map((backend, at) => {
    const shape = traffic.backends[at];
    const service = shape?.service;
    const at50 = service?.kind === 'quantiles' ? service.ms[service.shares.indexOf(0.5)] : undefined;
    const at99 = service?.kind === 'quantiles' ? service.ms[service.shares.indexOf(0.99)] : undefined;
    return [
      harmless(backend.id),
      String(attemptsOf(backend)),
      ms(at50),
      ms(at99),
      shape?.concurrency === null || shape === undefined ? 'no bound seen' : String(shape.concurrency),
      `${((shape?.failures.reduce((sum, { share }) => sum + share, 0) ?? 0) * 100).toFixed(2)} %`,
    ];
  });
  return [
    `Pool ${harmless(pool.pool)}: ${requests} requests in ${((counts.length * stepMs) / 1000).toFixed(0)} s, dispersion ${traffic.burstiness.toFixed(2)} (1: independent)`,
    pool.keys === null ? '' : `, about ${traffic.keys.count} keys of skew ${traffic.keys.skew}`,
    `; answers of ${median(pool.sizes.answers)} at the median\n\n`,
    table(['BACKEND', 'ATTEMPTS', 'WORK P50', 'WORK P99', 'SIDE BY SIDE', 'FAILED'], rows, [1, 2, 3, 4, 5]),
  ].join('');
}

function attemptsOf({ outcomes }: BackendRecording): number {
  return outcomes.reduce((sum, { attempts }) => sum + attempts, 0);
}

function ms(value: number | undefined): string {
  return value === undefined ? '-' : `${value.toPrecision(3)} ms`;
}

function median(sizes: readonly SizeCount[]): string {
  const total = sizes.reduce((sum, [, count]) => sum + count, 0);
  let seen = 0;
  for (const [below, count] of sizes) {
    seen += count;
    if (seen * 2 >= total) return `less than ${below < 1024 ? `${below} bytes` : `${below / 1024} KiB`}`;
  }
  return 'no size';
}
