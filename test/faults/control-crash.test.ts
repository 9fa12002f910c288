/** Killed with SIGKILL at random moments of changes: no acknowledged change is lost or torn. */
import { test } from 'node:test';
import { CrashRun } from './support/crash-run.ts';

const KILLS = 15;

test(`${KILLS} kills at random moments of changes: what was acknowledged is there, whole, and audited`, async (t) => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  t.diagnostic(`seed ${seed}`);
  const run = new CrashRun(seed);
  t.after(() => run.close());
  t.diagnostic(JSON.stringify(await run.run(KILLS)));
});
