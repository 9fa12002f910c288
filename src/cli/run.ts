/** `edgebalancer run [FILE]`: the real thing. */
import { resolve } from 'node:path';
import { warmWorker } from '#supervisor/warm-worker.ts';

export async function run(file: string): Promise<number> {
  // The first worker loads in a thread of its own while this one loads the rest and reads the configuration.
  const warm = warmWorker();
  const { readDraft } = await import('#supervisor/file-source.ts');
  const read = () => readDraft(file, process.env);
  const { draft, problems, notes } = await read();
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  if (draft === null) {
    warm.dispose();
    return 1;
  }
  const [{ Supervisor }, { createLog }, { serve, DRAIN_GRACE_MS }, { version }] = await Promise.all([
    import('#supervisor/supervisor.ts'),
    import('./log.ts'),
    import('./serve.ts'),
    import('./version.ts'),
  ]);
  const level = { current: draft.config.log.level as string };
  const log = createLog(process.stdout, level);
  const { dir } = draft.config.state;
  const supervisor = new Supervisor({
    draft,
    read,
    file: resolve(file),
    stateDir: dir === null ? null : resolve(dir),
    env: process.env,
    log,
    onLogLevel: (now) => (level.current = now),
    version,
    spawn: warm.spawn,
  });
  return serve(supervisor, log, {
    graceMs: DRAIN_GRACE_MS,
    hangup: 'reload',
    onStart: () => {
      for (const { name, address } of supervisor.listeners) log.info({ listener: name, address }, 'listening');
      for (const note of notes) log.info({}, note);
    },
    onStop: () => {},
  }).finally(() => warm.dispose());
}
