/**
 * `edgebalancer simulate`: what would happen if. Of a running pool the admin API is asked; of a configuration (`--config`) or a
 * model that was saved (`--from`) it is worked out here.
 */
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { SimulateAnswer, SimulationModel, WhatIf } from '#contract/simulate.ts';
import { ModelError } from '#simulator/model-error.ts';
import { whatIfSteps, type WhatIfQuestion } from '#simulator/what-if.ts';
import { withAdmin } from './admin-client.ts';
import type { AdminOptions } from './admin-place.ts';
import { CommandError, ending } from './command-error.ts';
import type { Io } from './io.ts';
import { bar } from './simulate/progress.ts';
import { alternativesOf, assumptionsOf, type Asking } from './simulate/asking.ts';
import { modelFromConfig, modelFromFile } from './simulate/local-model.ts';
import { report } from './simulate/report.ts';

/** A simulation may take longer than what other commands ask for. */
const TIMEOUT_S = 30;
/** Requests of one command, worked out here: minutes. */
const REQUESTS_MAX = 500_000_000;
/** Shorter work needs no bar. */
const BAR_FROM_MS = 300;

export interface SimulateOptions extends Asking, AdminOptions {
  readonly pool?: string;
  readonly config?: string;
  readonly from?: string;
  readonly save?: string;
  readonly seeds?: number;
  readonly seconds?: number;
  readonly json?: boolean;
}

export function simulate(options: SimulateOptions, io: Io): Promise<number> {
  return ending(io, async () => {
    const answer = await explained(() => answerTo(options, io));
    if (options.save !== undefined) await save(options.save, answer.basis.model, io);
    io.stdout(options.json === true ? `${JSON.stringify(answer, null, 2)}\n` : report(answer));
    return 0;
  });
}

function answerTo(options: SimulateOptions, io: Io): Promise<SimulateAnswer> {
  if (options.config !== undefined && options.from !== undefined)
    throw new CommandError('--config and --from both say what is simulated; give one of them.', 2);
  return options.config === undefined && options.from === undefined ? ask(options, io) : work(options, io);
}

async function ask(options: SimulateOptions, io: Io): Promise<SimulateAnswer> {
  const { pool, seeds, seconds } = options;
  const assume = assumptionsOf(options);
  const known = { timeout: TIMEOUT_S, ...options };
  return await withAdmin(known, io, async (client) => {
    const compare = alternativesOf(options);
    const body = {
      ...(pool !== undefined && { pool }),
      ...(compare.length > 0 && { compare }),
      ...(seeds !== undefined && { seeds }),
      ...(seconds !== undefined && { seconds }),
      ...(assume !== null && { assume }),
    };
    return (await client.json<SimulateAnswer>('POST', 'admin/simulate', { body })).data;
  });
}

async function work(options: SimulateOptions, io: Io): Promise<SimulateAnswer> {
  const { config, from, seeds, seconds } = options;
  const { model, says } =
    config !== undefined
      ? await modelFromConfig(config, options, io)
      : await modelFromFile(from as string, options, io);
  const found = steps(
    {
      model,
      alternatives: alternativesOf(options),
      requestsMax: REQUESTS_MAX,
      ...(seeds !== undefined && { seeds }),
      ...(seconds !== undefined && { countedMs: seconds * 1000 }),
    },
    io,
  );
  return {
    pool: model.pool.name,
    basis: { from: says, limits: [], model },
    now: found.now,
    then: null,
    alternatives: found.alternatives,
    method: found.method,
  };
}

/** Shows how far it is where somebody sits at a terminal. */
function steps(question: WhatIfQuestion, io: Io): WhatIf {
  const running = whatIfSteps(question);
  const startedMs = performance.now();
  let shown = false;
  for (;;) {
    const step = running.next();
    if (step.done === true) {
      if (shown) io.stderr(bar(null));
      return step.value;
    }
    if (io.columns === undefined || performance.now() - startedMs < BAR_FROM_MS) continue;
    io.stderr(bar(step.value));
    shown = true;
  }
}

async function save(file: string, model: SimulationModel, io: Io): Promise<void> {
  await writeFile(resolve(io.cwd, file), `${JSON.stringify(model, null, 2)}\n`);
  io.stderr(`the model is in ${file}\n`);
}

/** What the simulator refuses is an operator's to put right. */
async function explained<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    throw new CommandError(error.path === '' ? error.message : `${error.path}: ${error.message}`);
  }
}
