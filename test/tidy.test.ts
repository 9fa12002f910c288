/** The house rules, held by reading the repository: layers, names, sizes, documents, and what must not be said. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { exists, filesOf, read, ROOT } from './support/tidy/tree.ts';
import { factsOf, type Facts } from './support/tidy/facts.ts';
import { ALLOWED, LAYERS, PURE_LAYERS } from './support/tidy/layers.ts';
import { isThere, linkTarget, mentionedDocuments, mentionedPaths, relativeLinks } from './support/tidy/documents.ts';
import * as rules from './support/tidy/rules.ts';

/** The checker's own files name what they forbid. */
const OWN_FILES = new Set(['test/tidy.test.ts', 'test/support/tidy/rules.ts', 'test/tidy-checker.test.ts']);

const files = filesOf(ROOT);
const sources = files.filter((file) => /^(src|test|bench)\/.*\.ts$/.test(file));
/** What is written for the browser as well, for the rules that only count and read. */
const written = [...sources, ...files.filter((file) => /^(web|deploy)\/.*\.(ts|tsx|css)$/.test(file))];
const documents = files.filter((file) => file.endsWith('.md'));
const facts = new Map<string, Facts>(sources.map((file) => [file, factsOf(file, read(file))]));

function expectNone(problems: readonly rules.Problem[]): void {
  if (problems.length > 0) assert.fail(problems.map(({ file, line, text }) => `${file}:${line} ${text}`).join('\n'));
}
function applied(rule: (file: string, facts: Facts) => rules.Problem[]): rules.Problem[] {
  return sources.flatMap((file) => rule(file, facts.get(file)!));
}

describe('layers', () => {
  test('imports point one way', () => {
    const excused = (problem: rules.Problem) =>
      ALLOWED.some(({ file, imports }) => problem.file === file && problem.text.includes(`'${imports}'`));
    const problems = applied(rules.imports);
    expectNone(problems.filter((problem) => !excused(problem)));
    for (const entry of ALLOWED) assert.ok(problems.some(excused), `${entry.file} no longer needs its exception`);
  });

  test('pure layers know no time, chance, I/O or environment', () => expectNone(applied(rules.purity)));

  test('the compiler sees the same pure layers', () => {
    const config = JSON.parse(read('tsconfig.pure.json')) as {
      include: string[];
      compilerOptions: { types: string[] };
    };
    assert.deepEqual(config.include.toSorted(), PURE_LAYERS.map((layer) => `src/${layer}`).toSorted());
    assert.deepEqual(config.compilerOptions.types, []);
  });

  test('every layer has a name for imports', () => {
    const { imports } = JSON.parse(read('package.json')) as { imports: Record<string, string> };
    for (const [name, target] of Object.entries(imports)) assert.equal(target, `./src/${name.slice(1)}`);
    const unnamed = Object.keys(LAYERS).filter((layer) => exists(`src/${layer}`) && !(`#${layer}/*` in imports));
    assert.deepEqual(unnamed, [], 'add them to "imports" in package.json');
  });

  test('there are no barrels but the list of strategies', () => expectNone(applied(rules.barrels)));

  test('no strategy is named in a comparison outside core/strategies', () => {
    const named = sources.map((file) => /^src\/core\/strategies\/([\w-]+)\.ts$/.exec(file)?.[1] ?? '');
    expectNone(applied(rules.strategyNames(new Set(named.filter((name) => name !== '')))));
  });

  test('the data plane compares no status codes', () => {
    expectNone(applied(rules.statusCodes(rules.STATUS_ALLOWED)));
    const bare = applied(rules.statusCodes([]));
    for (const { file, literals } of rules.STATUS_ALLOWED) {
      for (const literal of literals) {
        const used = bare.some((problem) => problem.file === file && problem.text.includes(` ${literal}:`));
        assert.ok(used, `${file} no longer compares ${literal}: take it off STATUS_ALLOWED`);
      }
    }
  });
});

describe('files', () => {
  test('names are kebab-case and say something', () => {
    expectNone(files.flatMap((file) => rules.fileName(file, factsOf(file, ''))));
  });

  test(`no source file is over ${rules.LINES_MAX} lines`, (t) => {
    const sizes = written.map((file) => ({ file, lines: read(file).trimEnd().split('\n').length }));
    for (const { file, lines } of sizes) {
      if (lines > rules.LINES_LISTED && lines <= rules.LINES_MAX)
        t.diagnostic(`${file} has ${lines} lines: look twice`);
    }
    const tooLong = sizes.filter(({ lines }) => lines > rules.LINES_MAX);
    expectNone(tooLong.map(({ file, lines }) => ({ file, line: lines, text: `has ${lines} lines: split it by idea` })));
  });

  test('no test is narrowed, or skipped without a reason', () => expectNone(applied(rules.testSlips)));

  test('nothing names one machine or speaks of how the work was organised', () => {
    const told = files.filter((file) => !OWN_FILES.has(file) && file !== 'package-lock.json');
    expectNone(told.flatMap((file) => rules.textProblems(file, read(file))));
  });
});

describe('documents', () => {
  const broken = (file: string, what: string) => ({ file, line: 1, text: `points at ${what}, which is not there` });

  test('relative links lead somewhere', () => {
    expectNone(
      documents.flatMap((file) =>
        relativeLinks(read(file))
          .filter((link) => !exists(linkTarget(file, link)))
          .map((link) => broken(file, link)),
      ),
    );
  });

  test('comments refer to documents that exist', () => {
    expectNone(
      sources
        .filter((file) => file.startsWith('src/'))
        .flatMap((file) =>
          mentionedDocuments(read(file))
            .filter((name) => !isThere(name, files))
            .map((name) => broken(file, name)),
        ),
    );
  });

  const architecture = 'ARCHITECTURE.md';
  const unwritten = exists(architecture) ? false : 'there is no ARCHITECTURE.md yet';
  test('ARCHITECTURE.md names files that exist, in 200 lines', { skip: unwritten }, () => {
    const text = read(architecture);
    assert.ok(text.trimEnd().split('\n').length <= 200, `${architecture} is over 200 lines`);
    const missing = mentionedPaths(text).filter((path) => !isThere(path, files));
    expectNone(missing.map((path) => broken(architecture, path)));
  });

  test('the README shows the two commands, and .ci/run runs the second', () => {
    for (const command of ['npm ci && npm start', 'npm ci && npm test'])
      assert.ok(read('README.md').includes(command), command);
    assert.ok(read('.ci/run').includes("'npm ci && npm test'"));
  });
});
