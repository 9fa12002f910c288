/** The house rules about source files. Each takes a file and its facts, and says what is wrong and what would be right. */
import type { Facts } from './facts.ts';
import { importProblem, IMPURE_NAMES, layerOf, PURE_LAYERS } from './layers.ts';

export interface Problem {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}
type Rule = (file: string, facts: Facts) => Problem[];

/** Tests beside their source, and the suite that every strategy runs, are not part of the layer they test. */
export const isTestCode = (file: string): boolean =>
  file.endsWith('.test.ts') || file === 'src/core/strategies/conformance.ts' || file.startsWith('test/');

/** A file over this is looked at twice; over the second, it holds more than one idea. */
export const LINES_LISTED = 300;
export const LINES_MAX = 400;

export const imports: Rule = (file, facts) => {
  if (isTestCode(file) || !file.startsWith('src/')) return [];
  const problems: Problem[] = [];
  for (const imported of facts.imports) {
    const text = importProblem(file, imported);
    if (text !== null) problems.push({ file, line: imported.line, text: `imports '${imported.specifier}': ${text}` });
  }
  for (const line of facts.computedImports) {
    problems.push({ file, line, text: 'imports what cannot be read here: give the path as one string' });
  }
  return problems;
};

export const purity: Rule = (file, facts) => {
  if (isTestCode(file) || !PURE_LAYERS.includes(layerOf(file) ?? '')) return [];
  return facts.names
    .filter(({ name }) => IMPURE_NAMES.has(name))
    .map(({ name, line }) => ({
      file,
      line,
      text: `uses ${name}: ${layerOf(file)} is pure; take time, chance and the like as an argument (core/ports.ts)`,
    }));
};

export const barrels: Rule = (file, facts) => {
  if (!file.startsWith('src/') || file === 'src/core/strategies/index.ts') return [];
  const index = /(^|\/)index\.ts$/.test(file);
  if (!facts.barrel && !index) return [];
  return [
    {
      file,
      line: 1,
      text: 'is a barrel: import each thing from the file that defines it, or name the file after its idea',
    },
  ];
};

export const fileName: Rule = (file) => {
  const name = file.split('/').at(-1) ?? '';
  if (!/\.(ts|js|mjs|tsx)$/.test(name) || file === 'eslint.config.js') return [];
  const stem = name.replace(/(\.test|\.property\.test|\.d)?\.\w+$/, '');
  const problems: Problem[] = [];
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(stem)) problems.push({ file, line: 1, text: 'is not kebab-case' });
  const vague = [...file.split('/').slice(0, -1), stem].find((part) =>
    /(^|-)(utils?|helpers?|common|managers?|services?)$/.test(part),
  );
  if (vague !== undefined)
    problems.push({ file, line: 1, text: `'${vague}' says nothing: name it after what it holds` });
  return problems;
};

/** Where a strategy's name may be compared: nowhere but in the strategies' own folder. */
export const strategyNames =
  (names: ReadonlySet<string>): Rule =>
  (file, facts) => {
    if (isTestCode(file) || !file.startsWith('src/') || file.startsWith('src/core/strategies/')) return [];
    return facts.comparisons
      .filter(({ kind, literal }) => kind === 'string' && names.has(literal))
      .map(({ literal, line }) => ({
        file,
        line,
        text: `compares with the strategy name '${literal}': let the strategy declare what differs as data (core/strategy.ts)`,
      }));
  };

/** Statuses that the data plane may look at, each for a reason that is not policy. */
export const STATUS_ALLOWED: readonly { file: string; literals: readonly string[]; why: string }[] = [
  {
    file: 'src/proxy/error-reply.ts',
    literals: ['200', '400', '405', '429', '503'],
    why: 'RFC 9110 9.3.7, 15.5.6, 15.6.4: what its own answers carry (Allow, Retry-After, a reason) goes by their status',
  },
  { file: 'src/proxy/exchange.ts', literals: ['204'], why: 'RFC 9110 8.6: a 204 carries no Content-Length' },
  {
    file: 'src/proxy/upstream.ts',
    literals: ['101', '200'],
    why: 'RFC 9110 15.2: a status below 200 is not the answer',
  },
];

export const statusCodes =
  (allowed: typeof STATUS_ALLOWED): Rule =>
  (file, facts) => {
    if (isTestCode(file) || !file.startsWith('src/proxy/')) return [];
    return facts.comparisons
      .filter(({ kind, literal, name }) => kind === 'number' && /^[1-9]\d\d$/.test(literal) && /status/i.test(name))
      .filter(({ literal }) => !allowed.some((entry) => entry.file === file && entry.literals.includes(literal)))
      .map(({ name, literal, line }) => ({
        file,
        line,
        text: `compares ${name} with ${literal}: ask core/outcome.ts or http1 for what it means, so that all agree`,
      }));
  };

export const testSlips: Rule = (file, facts) =>
  isTestCode(file)
    ? facts.testSlips.map(({ name, line }) => ({
        file,
        line,
        text: `${name}: run it, or give skip a reason as a string`,
      }))
    : [];

/** Asked of every text file of the repository, whatever its kind. */
const FORBIDDEN_TEXT: readonly { pattern: RegExp; text: string }[] = [
  {
    pattern: /(?<![\w.$}])\/(?:work|root|home)\/[\w.]/,
    text: 'names a path of one machine: make it relative to the repository, or take it from the environment',
  },
  {
    pattern:
      /\b(?:sub-?agents?|(?:ai|coding) (?:agents?|assistants?)|this session|(?:previous|next|earlier) session|the brief (?:says|asks)|my (?:task|brief))\b/i,
    text: 'speaks of how the work was organised: the repository speaks of the product alone',
  },
  {
    pattern: /\bshared\/(?:design|research|cases|hooks)\b/,
    text: 'refers to a document outside the repository: say here what it says, or move it to docs/',
  },
];

export function textProblems(file: string, text: string): Problem[] {
  const problems: Problem[] = [];
  text.split('\n').forEach((line, index) => {
    for (const { pattern, text: message } of FORBIDDEN_TEXT) {
      const found = pattern.exec(line);
      if (found !== null) problems.push({ file, line: index + 1, text: `'${found[0]}' ${message}` });
    }
  });
  return problems;
}
