/** Text with styles, measured by what it shows. States have a shape and a word beside their colour: colour alone tells no one. */
import type { BackendState, CircuitState } from '#contract/admin.ts';
import { cut, harmless, widthOf } from '../harmless.ts';

export type Style = 'plain' | 'bold' | 'dim' | 'green' | 'yellow' | 'red' | 'reverse';

export interface Span {
  readonly text: string;
  readonly style: Style;
}

const CODES: Readonly<Record<Style, string>> = {
  plain: '',
  bold: '1',
  dim: '2',
  green: '32',
  yellow: '33',
  red: '31',
  reverse: '7',
};

/** Spans as one line of at most `columns` cells, and exactly so many when `fill`. */
export function lineOf(spans: readonly Span[], columns: number, colour: boolean, reverse = false): string {
  let left = columns;
  let line = '';
  for (const { text, style } of spans) {
    const shown = cut(text, left);
    left -= widthOf(shown);
    line += styled(shown, style, colour, reverse);
  }
  if (!reverse) return line;
  return line + styled(' '.repeat(Math.max(0, left)), 'plain', colour, true);
}

function styled(text: string, style: Style, colour: boolean, reverse: boolean): string {
  const codes = [...(reverse ? ['7'] : []), ...(CODES[style] === '' ? [] : [CODES[style]])];
  return !colour || text === '' || codes.length === 0 ? text : `\u001b[${codes.join(';')}m${text}\u001b[0m`;
}

/** Harmless, and exactly `width` cells. */
export function fit(text: string, width: number, right = false): string {
  const shown = cut(harmless(text), width);
  const space = ' '.repeat(Math.max(0, width - widthOf(shown)));
  return right ? space + shown : shown + space;
}

export const STATES: Readonly<Record<BackendState, { readonly shape: string; readonly style: Style }>> = {
  healthy: { shape: '●', style: 'green' },
  rising: { shape: '◒', style: 'yellow' },
  falling: { shape: '◓', style: 'yellow' },
  unhealthy: { shape: '✗', style: 'red' },
  draining: { shape: '▽', style: 'dim' },
  maintenance: { shape: '◇', style: 'dim' },
  unknown: { shape: '?', style: 'dim' },
};

export const CIRCUITS: Readonly<Record<CircuitState, { readonly text: string; readonly style: Style }>> = {
  closed: { text: 'closed', style: 'plain' },
  open: { text: 'OPEN', style: 'red' },
  'half-open': { text: 'half', style: 'yellow' },
};
