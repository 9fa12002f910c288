import { LOAD_CORE, pinSelf } from './support/children.ts';
import { readFlags, wanted } from './support/flags.ts';
import { goalsTable } from './support/goals.ts';
import { publish } from './support/results.ts';
import { measureBackends } from './support/scale/backends.ts';
import { measureIdle } from './support/scale/idle.ts';
import type { Part, ScaleFlags } from './support/scale/part.ts';
import { measureWorkers } from './support/scale/workers.ts';
import { disturbanceNote } from './support/slice.ts';

/** How cost grows: with backends, with idle clients, with workers. */

const PARTS: Readonly<Record<string, (flags: ScaleFlags) => Promise<Part>>> = {
  backends: measureBackends,
  idle: measureIdle,
  workers: measureWorkers,
};

const flags = readFlags(
  'how cost grows with backends, idle connections and workers, beside peers',
  { rounds: 5, slice: 1, warmup: 3, repeats: 2, connections: 10_000, parts: [], targets: [] },
  { rounds: 2, warmup: 1, repeats: 1, connections: 2000 },
);
pinSelf(LOAD_CORE);
const parts: Part[] = [];
for (const [name, measure] of Object.entries(PARTS)) {
  if (wanted(flags.parts, name)) parts.push(await measure({ ...flags, wants: (id) => wanted(flags.targets, id) }));
}
const missing = [...new Set(parts.flatMap((part) => part.missing))];
const report = [
  ...parts.map((part) => part.text),
  goalsTable(parts.flatMap((part) => part.goals)),
  `Medians of ${flags.rounds} rounds of ${flags.slice} s (min–max), ratios within each round.`,
  disturbanceNote(parts.flatMap((part) => part.samples)),
  missing.length > 0 ? `Left out: ${missing.join('; ')}.` : '',
];
publish('scale', 'how cost grows', report.filter((text) => text !== '').join('\n\n'), flags.write);
process.exit(0);
