/** Reads node:test's stream of events: counts, and failures as text that tells what broke and where. */
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

type Stream = ReturnType<typeof run>;
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

export async function tally(stream: Stream, root: string, print: (text: string) => void): Promise<Tally> {
  const result: Tally = { passed: 0, failed: 0, skipped: [], files: [] };
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
    const why = event.skip ?? event.todo;
    if (why === undefined) return;
    result.skipped.push(`${where(event)} ${event.name}${typeof why === 'string' && why !== '' ? `: ${why}` : ''}`);
  });
  stream.on('test:fail', (event: FailEvent) => {
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
      return;
    }
    result.passed = event.counts.passed;
    result.failed = event.counts.tests - event.counts.passed - event.counts.skipped - event.counts.todo;
  });
  // Reading to the end is what makes the stream flow.
  for await (const event of stream) void event;
  result.files.sort((a, b) => b.ms - a.ms);
  return result;
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
