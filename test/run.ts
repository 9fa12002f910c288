/**
 * `npm test`: types, lint, then every test, on one process a file. `npm test -- PATTERN …` runs only the checks and
 * files whose name holds a pattern. The last line is always `N passed, N failed, N skipped`; types and lint count one
 * each. With CI=true a skipped test is a failure: there, everything that a test needs can be had.
 */
import { spawn } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { run } from 'node:test';
import { declaredNeeds, install } from './support/needs.ts';
import { tally } from './support/report.ts';

const root = join(import.meta.dirname, '..');
const patterns = process.argv.slice(2).filter((arg) => !arg.startsWith('-'));
const strict = process.env['CI'] === 'true';

/** A test that waits longer than this waits for something that will not happen. */
const TEST_TIMEOUT_MS = 60_000;
/** Even a file that blocks its event loop must not keep the run from ending. */
const RUN_TIMEOUT_MS = 25 * 60_000;

const CHECKS = {
  types: [
    ['typescript/bin/tsc', '-p', 'tsconfig.json'],
    ['typescript/bin/tsc', '-p', 'tsconfig.pure.json'],
    ['typescript/bin/tsc', '-p', 'web/tsconfig.json'],
    ['typescript/bin/tsc', '-p', 'deploy/aws/tsconfig.json'],
  ],
  lint: [
    ['eslint/bin/eslint.js', '.'],
    ['prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.'],
  ],
} as const;

const print = (text: string) => void process.stdout.write(text);
const wanted = (name: string) => patterns.length === 0 || patterns.some((pattern) => name.includes(pattern));
const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

/** Runs one of npm's programs under this Node; its output when it failed, null when it passed. */
function program([script, ...args]: readonly [string, ...string[]]): Promise<string | null> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(root, 'node_modules', script), ...args], { cwd: root });
    let output = '';
    child.stdout.on('data', (chunk) => (output += String(chunk)));
    child.stderr.on('data', (chunk) => (output += String(chunk)));
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code) => resolve(code === 0 ? null : output));
  });
}

async function check(name: keyof typeof CHECKS): Promise<boolean> {
  const start = performance.now();
  const outputs = await Promise.all(CHECKS[name].map(program));
  const problems = outputs.filter((output) => output !== null);
  const took = seconds(performance.now() - start);
  if (problems.length === 0) print(`${name}: passed (${took})\n`);
  else print(`\nFAILED ${name} (${took})\n${problems.join('\n')}\n`);
  return problems.length === 0;
}

/** The test files that are wanted, tidy first: what it finds explains many other failures. */
function testFiles(): string[] {
  const all = globSync(['src/**/*.test.ts', 'test/**/*.test.ts'], { cwd: root }).sort();
  const files = all.filter(wanted);
  return [
    ...files.filter((file) => file === 'test/tidy.test.ts'),
    ...files.filter((file) => file !== 'test/tidy.test.ts'),
  ];
}

async function main(): Promise<void> {
  let passed = 0;
  let failed = 0;
  for (const name of ['types', 'lint'] as const) {
    if (!wanted(name)) continue;
    if (await check(name)) passed += 1;
    else failed += 1;
  }

  const files = testFiles();
  const needs = new Set(files.flatMap((file) => declaredNeeds(readFileSync(join(root, file), 'utf8'))));
  const installed = install([...needs]);
  if (installed !== null) print(`${installed}\n`);

  let skipped: string[] = [];
  if (files.length > 0) {
    const start = performance.now();
    const stream = run({
      files: files.map((file) => join(root, file)),
      concurrency: availableParallelism(),
      timeout: TEST_TIMEOUT_MS,
      cwd: root,
      // A file that leaves a handle open ends all the same, once its tests have; see there what that would lose.
      execArgv: ['--test-force-exit', '--import', join(import.meta.dirname, 'support/whole-output.ts')],
    });
    const tests = await tally(stream, root, files, print);
    passed += tests.passed;
    failed += tests.failed;
    skipped = tests.skipped;
    const slowest = tests.files.slice(0, 3).map(({ file, ms }) => `${file} ${seconds(ms)}`);
    print(`tests: ${files.length} files (${seconds(performance.now() - start)}; slowest ${slowest.join(', ')})\n`);
  }

  for (const test of skipped) print(`skipped ${test}\n`);
  if (strict && skipped.length > 0) print('With CI=true a skipped test is a failure.\n');
  if (passed + failed + skipped.length === 0) {
    print(`Nothing matches ${patterns.join(', ')}.\n`);
    failed = 1;
  }
  process.exitCode = failed > 0 || (strict && skipped.length > 0) ? 1 : 0;
  print(`${passed} passed, ${failed} failed, ${skipped.length} skipped\n`);
}

setTimeout(() => {
  print(`\nStopped: not done after ${seconds(RUN_TIMEOUT_MS)}.\n0 passed, 1 failed, 0 skipped\n`);
  process.exit(1);
}, RUN_TIMEOUT_MS).unref();
await main();
