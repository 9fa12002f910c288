/**
 * Reads node:test's stream of events: counts, and failures as text that tells what broke and where. A file's process says at
 * its end how many tests it has had. Where that is missing, or more than arrived here, results were lost, and a test that
 * failed may be among them: the file has failed.
 */
import { relative } from 'node:path';
import type { run } from 'node:test';
import { stripVTControlCharacters } from 'node:util';

export interface Tally {
  passed: number;
  failed: number;
  skipped: string[];
  /** Slowest first, by file. */
  files: { file: string; ms: number }[];
}

/** What is used of a stream of `run`. */
export type Stream = Pick<ReturnType<typeof run>, 'on' | typeof Symbol.asyncIterator>;
interface TestEvent {
  name: string;
  file?: string | undefined;
  /** The file whose process tells it; not set where the runner itself speaks of a file. */
  entryFile?: string | undefined;
  details: { type?: string | undefined };
}
/** Tests of a file: those that arrived, and those that it says it had; null until it has said so. */
interface FileCounts {
  arrived: number;
  own: number | null;
  /** The runner itself has called the file failed. */
  failed: boolean;
}
interface FailEvent {
  name: string;
  file?: string | undefined;
  line?: number | undefined;
  todo?: string | boolean | undefined;
  details: { error: Error & { failureType?: string; exitCode?: number | null; cause?: unknown } };
}

/** Longest output of one failed file that is shown; the end of it says most. */
const SHOWN_OUTPUT_CHARS = 6000;
/** Longer lines are cut: they hold a body, not a reason. */
const LONG_LINE = /^(.{600}).+$/gm;

/** `files`: those that were run, relative to `root`. */
export async function tally(
  stream: Stream,
  root: string,
  files: readonly string[],
  print: (text: string) => void,
): Promise<Tally> {
  const result: Tally = { passed: 0, failed: 0, skipped: [], files: [] };
  const counts = new Map(files.map((file): [string, FileCounts] => [file, { arrived: 0, own: null, failed: false }]));
  const countsOf = (file: string | undefined) => counts.get(relative(root, file ?? root));
  const count = (event: TestEvent) => {
    const of = countsOf(event.entryFile);
    if (of !== undefined && event.details.type !== 'suite') of.arrived += 1;
  };
  const outputs = new Map<string, string>();
  const keep = (event: { file?: string | undefined; message: string }) => {
    const file = event.file ?? '';
    outputs.set(file, ((outputs.get(file) ?? '') + event.message).slice(-SHOWN_OUTPUT_CHARS));
  };
  const where = (event: { file?: string | undefined; line?: number | undefined }) =>
    `${relative(root, event.file ?? root)}${event.line === undefined ? '' : `:${event.line}`}`;

  stream.on('test:stdout', keep);
  stream.on('test:stderr', keep);
  stream.on('test:pass', (event) => {
    count(event);
    const why = event.skip ?? event.todo;
    if (why === undefined) return;
    result.skipped.push(`${where(event)} ${event.name}${typeof why === 'string' && why !== '' ? `: ${why}` : ''}`);
  });
  stream.on('test:fail', (event: FailEvent & TestEvent) => {
    count(event);
    const whole = event.name === event.file ? countsOf(event.file) : undefined;
    if (whole !== undefined) whole.failed = true;
    // A suite fails because something in it failed, which has been told already.
    if (event.details.error.failureType === 'subtestsFailed') return;
    if (event.todo !== undefined) return;
    print(`\nFAILED ${where(event)}  ${event.name}\n${indent(failureText(event))}\n`);
    const output = outputs.get(event.file ?? '');
    if (event.name === event.file && output !== undefined) print(indent(output.trimEnd()) + '\n');
  });
  stream.on('test:summary', (event) => {
    if (event.file !== undefined) {
      result.files.push({ file: relative(root, event.file), ms: event.duration_ms });
      const of = countsOf(event.file);
      if (of !== undefined) of.own = event.counts.tests;
      return;
    }
    result.passed = event.counts.passed;
    result.failed = event.counts.tests - event.counts.passed - event.counts.skipped - event.counts.todo;
  });
  // Reading to the end is what makes the stream flow.
  for await (const event of stream) void event;
  for (const [file, of] of counts) {
    const lost = of.failed ? null : whatIsLost(of);
    if (lost === null) continue;
    print(`\nFAILED ${file}\n${indent(lost)}\n`);
    result.failed += 1;
    // Of a file that tells nothing the runner makes one test that passed.
    if (of.arrived === 0) result.passed -= 1;
  }
  result.files.sort((a, b) => b.ms - a.ms);
  return result;
}

function whatIsLost({ arrived, own }: FileCounts): string | null {
  if (own === null && arrived === 0)
    return 'Not one test told its result: the file has none, or its process ended too soon.';
  if (own === null)
    return `Its process ended before it had told all results: ${arrived} tests did, the others are not known.`;
  return own === arrived ? null : `It had ${own} tests, but the results of ${arrived} arrived.`;
}

function failureText(event: FailEvent): string {
  const { error } = event.details;
  const cause = error.cause instanceof Error ? error.cause : undefined;
  if (cause === undefined) {
    if (typeof error.exitCode === 'number') return `The file's process ended with exit code ${error.exitCode}.`;
    return typeof error.cause === 'string' ? error.cause : error.message;
  }
  const stack = (cause.stack ?? '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line) && line.includes('file:'))
    .map((line) => line.replace(/file:\/\/.*?\/(?=(src|test|bench)\/)/, ''))
    .slice(0, 6);
  const nested = cause.cause instanceof Error ? [`because: ${cause.cause.message}`] : [];
  return [stripVTControlCharacters(cause.message), ...nested, ...stack].join('\n');
}

function indent(text: string): string {
  return text.replace(LONG_LINE, '$1 …').replace(/^/gm, '  ');
}
