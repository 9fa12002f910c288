/**
 * The figures that a text states: numbers with their unit and how exactly they are given. Left out is what is no figure: marks of
 * lists, names of percentiles and status classes, versions of HTTP, ordinals, and blocks of code, which hold proposals.
 */
import type { FigureKind } from './known-figures.ts';

export interface StatedFigure {
  /** As it stands there, with its unit. */
  readonly text: string;
  /** Place in the text; the end is the first character after it. */
  readonly from: number;
  readonly to: number;
  /** In the unit of `KnownFigure`; null: a time of day, a date or an address, which is looked for as a text. */
  readonly value: number | null;
  /** What it may measure. */
  readonly kinds: readonly FigureKind[];
  /** Half of what its last digit stands for. */
  readonly within: number;
}

/** Dates, times and addresses, which digits alone would take apart. */
const WHOLE = /\d{4}-\d{2}-\d{2}(?:T[\d:.]+Z?)?|\b\d{1,2}:\d{2}(?::\d{2})?\b|\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b/g;
const UNITS =
  'milliseconds?|ms|µs|us|seconds?|secs?|minutes?|mins?|hours?|days?|percent|%|(?:requests?|attempts?|retries|errors)?\\s?(?:\\/s|\\/sec|per second|a second)|rps|req\\/s|kB|KB|KiB|MB|MiB|GB|GiB|bytes|times|×|x|s|h|k|K|M|million|thousand';
const NUMBER = new RegExp(
  `(?<![\\w./:-])([$€£]\\s?)?[-−+]?(\\d{1,3}(?:[,\\u202f\\u00a0]\\d{3})+|\\d+)(\\.\\d+)?(?:\\s?(${UNITS}))?(?![\\w])(?!\\.\\d)`,
  'g',
);
const NOT_FIGURES = /^\s*\d+[.)]\s|\bHTTP\/\d(?:\.\d)?|\b[Ss]tep \d+\b/gm;
const CODE_BLOCK = /```[\s\S]*?(?:```|$)/g;
/** Said before a number that is given roughly. */
const ROUGHLY = /(?:about|around|roughly|nearly|almost|over|approximately|some|~|≈)\s*$/i;

const MS: readonly FigureKind[] = ['ms'];
const SCALES: readonly (readonly [RegExp, readonly FigureKind[], number])[] = [
  [/^(milliseconds?|ms)$/, MS, 1],
  [/^(µs|us)$/, MS, 0.001],
  [/^(seconds?|secs?|s)$/, MS, 1000],
  [/^(minutes?|mins?)$/, MS, 60_000],
  [/^(hours?|h)$/, MS, 3_600_000],
  [/^days?$/, MS, 86_400_000],
  [/^(percent|%)$/, ['share'], 0.01],
  [/second|\/s|rps/, ['rate'], 1],
  [/^(kB|KB|KiB)$/, ['bytes'], 1000],
  [/^(MB|MiB)$/, ['bytes'], 1e6],
  [/^(GB|GiB)$/, ['bytes'], 1e9],
  [/^bytes$/, ['bytes', 'plain'], 1],
  [/^(times|×|x)$/, ['times', 'plain'], 1],
  [/^(k|K|thousand)$/, ['plain', 'rate', 'bytes'], 1000],
  [/^(M|million)$/, ['plain', 'rate', 'bytes'], 1e6],
];
/** Without a unit it may be anything but money, which is never told without its sign. */
const ANY: readonly FigureKind[] = ['plain', 'ms', 'rate', 'share', 'bytes', 'times'];

export function statedFigures(text: string): StatedFigure[] {
  let rest = text;
  const blank = (pattern: RegExp, use?: (found: RegExpExecArray) => void): void => {
    rest = rest.replaceAll(pattern, (found, ...more) => {
      use?.(Object.assign([found], { index: more.find((one) => typeof one === 'number') as number }) as never);
      return ' '.repeat(found.length);
    });
  };
  const figures: StatedFigure[] = [];
  blank(CODE_BLOCK);
  blank(WHOLE, ({ 0: found, index }) =>
    figures.push({ text: found, from: index, to: index + found.length, value: null, kinds: [], within: 0 }),
  );
  blank(NOT_FIGURES);
  for (const found of rest.matchAll(NUMBER)) figures.push(figureOf(rest, found));
  return figures.toSorted((a, b) => a.from - b.from);
}

function figureOf(text: string, found: RegExpMatchArray): StatedFigure {
  const [whole, currency, digits = '', decimals = '', unit = ''] = found;
  const from = found.index ?? 0;
  const [kinds, scale] = currency !== undefined ? [['money'] as const, 1] : scaleOf(unit.trim());
  const value = Number(`${digits.replaceAll(/[^\d]/g, '')}${decimals}`);
  const step = decimals === '' ? stepOf(value, ROUGHLY.test(text.slice(0, from))) : 10 ** -(decimals.length - 1);
  return {
    text: whole.trim(),
    from,
    to: from + whole.trimEnd().length,
    value: value * scale,
    kinds,
    within: (step / 2) * scale,
  };
}

function scaleOf(unit: string): readonly [readonly FigureKind[], number] {
  if (unit === '') return [ANY, 1];
  const found = SCALES.find(([pattern]) => pattern.test(unit));
  return found === undefined ? [ANY, 1] : [found[1], found[2]];
}

/** `about 1200` may have been anything that rounds to it. */
function stepOf(value: number, rough: boolean): number {
  if (!rough || value === 0) return 1;
  let step = 1;
  while (step < value && value % (step * 10) === 0) step *= 10;
  return step;
}
