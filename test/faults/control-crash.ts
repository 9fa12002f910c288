/** `node test/faults/control-crash.ts --kills 200 [--seed N]`: the crash test of the control plane, at length. */
import { parseArgs } from 'node:util';
import { CrashRun } from './support/crash-run.ts';

const { values } = parseArgs({ options: { kills: { type: 'string', default: '200' }, seed: { type: 'string' } } });
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
console.log(`seed ${seed}`);
const run = new CrashRun(seed);
try {
  console.log(await run.run(Number(values.kills)));
} finally {
  run.close();
}
