import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeCommit, describeMachine } from './machine.ts';
import { REPOSITORY } from './places.ts';

const RESULTS_FILE = join(REPOSITORY, 'bench/RESULTS.md');
/** A section that is not here would be lost with the next one that is written. */
const ORDER = [
  'overhead',
  // Written by hand, from `overhead` with fewer loads.
  'overhead-full',
  'tail',
  'fail',
  'hedge',
  'rate-limit',
  'shared',
  'failures',
  'slow-clients',
  'control',
  'access-log',
  'observability',
  // Written by hand, from `observability` with fewer targets.
  'recording',
  'bodies',
  'tls',
  'scale',
  'start',
  'simulator',
  'backtest',
  'discovery',
];
const OPENING = `# Results

Measured, good or bad, each section by the one command it names. How, and what is not claimed: README.md.
`;

/**
 * Prints a benchmark's report and, when asked, puts it in the place of its old section of RESULTS.md. `file`: the benchmark's, where
 * a section is named otherwise.
 */
export function publish(name: string, title: string, body: string, write: boolean, file = name): void {
  const command = `npx node bench/${file}.ts ${process.argv.slice(2).join(' ')}`.trim();
  const when = new Date().toISOString().slice(0, 16).replace('T', ' ');
  const report = `## ${name}: ${title}\n\n${when} UTC, commit ${describeCommit()}, \`${command}\`  \n${describeMachine()}\n\n${body.trim()}\n`;
  console.log(`\n${report}`);
  if (!write) return;
  const before = existsSync(RESULTS_FILE) ? readFileSync(RESULTS_FILE, 'utf8') : '';
  const sections = ORDER.map((section) => (section === name ? wrap(name, report) : kept(before, section)));
  writeFileSync(RESULTS_FILE, [OPENING, ...sections.filter((section) => section !== '')].join('\n'));
  console.log(`written to ${RESULTS_FILE}`);
}

function wrap(name: string, report: string): string {
  return `${beginMark(name)}\n${report}${endMark(name)}\n`;
}

function kept(text: string, name: string): string {
  const begin = text.indexOf(beginMark(name));
  const end = text.indexOf(endMark(name));
  return begin < 0 || end < begin ? '' : `${text.slice(begin, end + endMark(name).length)}\n`;
}

function beginMark(name: string): string {
  return `<!-- ${name}: begin -->`;
}

function endMark(name: string): string {
  return `<!-- ${name}: end -->`;
}
