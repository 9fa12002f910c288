/** `edgebalancer run [FILE]`: the real thing. */
import { resolve } from 'node:path';
import { readDraft } from '#supervisor/file-source.ts';
import { OperatorError } from '#supervisor/operator-error.ts';
import { Supervisor } from '#supervisor/supervisor.ts';
import { createLog } from './log.ts';
import { DRAIN_GRACE_MS, serve } from './serve.ts';

export async function run(file: string): Promise<number> {
  const read = () => readDraft(file, process.env);
  const { draft, problems, notes, logLevel } = await read();
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  if (draft === null) return 1;
  const log = createLog(process.stdout, logLevel);
  const supervisor = new Supervisor({ draft, read, watch: resolve(file), log });
  try {
    await supervisor.start();
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
  for (const { name, address } of supervisor.listeners) log.info({ listener: name, address }, 'listening');
  for (const note of notes) log.warn({}, note);
  return serve(supervisor, log, { graceMs: DRAIN_GRACE_MS });
}
