/** The metrics and labels that an expression of PromQL names, as far as our own dashboards and rules go. */
export interface PromqlNames {
  readonly metrics: readonly string[];
  /** Labels by the metric that they select of. */
  readonly selected: readonly (readonly [metric: string, label: string])[];
  /** Labels that results are grouped by. */
  readonly grouped: readonly string[];
}

const NAME = /[a-zA-Z_:][\w:]*/g;
const KEYWORDS = new Set(['and', 'or', 'unless', 'bool', 'offset', 'inf', 'nan', 'by', 'without', 'on', 'ignoring']);

export function promqlNames(expression: string): PromqlNames {
  const selected: [string, string][] = [];
  const grouped: string[] = [];
  // Strings first: they may hold anything.
  let rest = expression.replace(/"(?:[^"\\]|\\.)*"/g, '""');
  rest = rest.replace(/([a-zA-Z_:][\w:]*)\{([^}]*)\}/g, (_, metric: string, matchers: string) => {
    for (const [label] of matchers.matchAll(NAME)) selected.push([metric, label]);
    return ` ${metric} `;
  });
  rest = rest.replace(/\b(?:by|without|on|ignoring)\s*\(([^)]*)\)/g, (_, labels: string) => {
    grouped.push(...(labels.match(NAME) ?? []));
    return ' ';
  });
  rest = rest.replace(/\[[^\]]*\]/g, ' ');
  const metrics = new Set<string>();
  for (const match of rest.matchAll(/(?<![\w.])([a-zA-Z_:][\w:]*)(\s*\()?/g)) {
    const [, name = '', called] = match;
    if (called === undefined && !KEYWORDS.has(name)) metrics.add(name);
  }
  return { metrics: [...metrics], selected, grouped };
}
