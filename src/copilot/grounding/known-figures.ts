/**
 * Every number that tools have given, with what it measures, so that a figure of an answer can be looked for among them. What it
 * measures follows from the name of its field, as the admin API names them (`p99Ms`, `perSecond`, `share`), or from the unit beside
 * it. Names and times of day are texts: what an answer says of those must be part of one.
 */

/** `plain`: a count, or something whose unit nobody said. */
export type FigureKind = 'ms' | 'share' | 'rate' | 'bytes' | 'money' | 'times' | 'plain';

export interface KnownFigure {
  readonly value: number;
  readonly kind: FigureKind;
}

export interface KnownFigures {
  readonly figures: readonly KnownFigure[];
  readonly texts: readonly string[];
}

/** Numbers of one answer: history over a day has tens of thousands, and none beyond is ever quoted. */
const FIGURES_MAX = 200_000;
/** Answers of the admin API are a handful of levels deep. */
const DEPTH_MAX = 40;

/** By the field's name, the first that fits; seconds are turned into milliseconds. */
const BY_NAME: readonly (readonly [RegExp, FigureKind, number])[] = [
  [/ms$/i, 'ms', 1],
  [/^p\d+$/, 'ms', 1],
  [/^(seconds|uptime|step|windowS|coveredS|atS|fromS|toS)$/, 'ms', 1000],
  [/seconds$/i, 'ms', 1000],
  [/persecond$|^rate$|ratepersecond/i, 'rate', 1],
  [/share$|ratio$|^errors$|^refused$|threshold$|utilisation$|budget$/i, 'share', 1],
  [/bytes/i, 'bytes', 1],
  [/^monthly$|price$|^permillionrequests$|^unassigned$/i, 'money', 1],
  [/^imbalance$|^times$/i, 'times', 1],
];

const BY_UNIT: Readonly<Record<string, readonly [FigureKind, number]>> = {
  ms: ['ms', 1],
  s: ['ms', 1000],
  '/s': ['rate', 1],
  share: ['share', 1],
  count: ['plain', 1],
  times: ['times', 1],
  money: ['money', 1],
};

/** Numbers within texts, such as `10s` and `20%` of a configuration. */
const WITHIN = /(?<![\w.])(\d+(?:\.\d+)?)\s?(ms|s|m|h|%|\/s)?(?![\w.])/g;
const TEXT_UNITS: Readonly<Record<string, readonly [FigureKind, number]>> = {
  ms: ['ms', 1],
  s: ['ms', 1000],
  m: ['ms', 60_000],
  h: ['ms', 3_600_000],
  '%': ['share', 0.01],
  '/s': ['rate', 1],
};

/** Of everything that was given: results of tools, and the question, whose numbers may be repeated. */
export function knownFigures(sources: readonly unknown[]): KnownFigures {
  const figures: KnownFigure[] = [];
  const texts: string[] = [];
  const add = (value: number, kind: FigureKind): void => {
    if (figures.length < FIGURES_MAX && Number.isFinite(value)) figures.push({ value, kind });
  };
  const walk = (node: unknown, kind: readonly [FigureKind, number], depth: number): void => {
    if (depth > DEPTH_MAX) return;
    if (typeof node === 'number') add(node * kind[1], kind[0]);
    else if (typeof node === 'string') {
      texts.push(node);
      for (const [, digits, unit = ''] of node.matchAll(WITHIN)) {
        const [of, factor] = TEXT_UNITS[unit] ?? ['plain', 1];
        add(Number(digits) * factor, of);
      }
    } else if (Array.isArray(node)) {
      // How many there are is a figure as well.
      add(node.length, 'plain');
      for (const one of node) walk(one, kind, depth + 1);
    } else if (typeof node === 'object' && node !== null)
      walkFields(node as Readonly<Record<string, unknown>>, kind, depth);
  };
  const walkFields = (
    node: Readonly<Record<string, unknown>>,
    kind: readonly [FigureKind, number],
    depth: number,
  ): void => {
    const unit = typeof node['unit'] === 'string' ? BY_UNIT[node['unit']] : undefined;
    for (const [name, value] of Object.entries(node)) {
      texts.push(name);
      walk(value, name === 'value' && unit !== undefined ? unit : kindOf(name, kind), depth + 1);
    }
  };
  for (const source of sources) walk(source, ['plain', 1], 0);
  return { figures, texts };
}

/** A field whose name says nothing (`mean`, `low`, `now`) measures what the one around it does. */
function kindOf(name: string, around: readonly [FigureKind, number]): readonly [FigureKind, number] {
  const found = BY_NAME.find(([pattern]) => pattern.test(name));
  if (found !== undefined) return [found[1], found[2]];
  // All of `perSecond` are rates, whatever they count.
  return INHERITS.has(name) || around[0] === 'rate' ? around : ['plain', 1];
}

const INHERITS = new Set(['mean', 'low', 'high', 'now', 'then', 'value', 'p50', 'p90', 'p99']);
