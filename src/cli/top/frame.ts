/** A frame of `top`: what is known, what is being asked, and the size of the terminal in; lines out. */
import { harmless, widthOf } from '../harmless.ts';
import { indented } from '../wrapped.ts';
import { selectedRow, type Dialogue, type Mode } from './dialogue.ts';
import { msText, rateText, upText } from './figures.ts';
import { lineOf, type Span } from './paint.ts';
import { tableLines } from './rows.ts';
import type { View } from './view.ts';

export interface Frame {
  /** Null: nothing has been heard yet. */
  readonly view: View | null;
  /** Why the newest look failed; '' when it did not. */
  readonly lost: string;
  readonly dialogue: Dialogue;
  /** As messages name where it looks. */
  readonly place: string;
}

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

const KEYS = '↑↓ select  d drain  m maint.  a activate  w weight  s strategy  u undo  ? q quit';

/** At most `rows` lines of at most `columns` cells. Without colour there is no escape sequence in them. */
export function frameLines(frame: Frame, size: Size, colour: boolean): string[] {
  const { columns, rows } = size;
  const { view, dialogue, lost } = frame;
  const paint = (spans: readonly Span[]): string => lineOf(spans, columns, colour);
  const head = headLines(frame).map(paint);
  const foot = footLines(dialogue, columns).map(paint);
  // On a small terminal what is asked matters more than what is shown.
  const space = rows - Math.min(head.length, Math.max(1, rows - foot.length)) - foot.length;
  const shown = head.slice(0, Math.max(0, rows - foot.length));
  const body =
    dialogue.mode.kind === 'help'
      ? HELP.map((text) => paint([{ text, style: 'plain' }]))
      : view === null
        ? [paint([{ text: lost === '' ? 'Waiting for the first answer …' : '', style: 'dim' }])]
        : tableLines(view, selectedRow(dialogue, view), columns, space, colour);
  return [...shown, ...body.slice(0, Math.max(0, space)), ...foot.slice(-rows)].slice(0, rows);
}

/** The frame without a terminal: everything that there is, and nothing to press. */
export function printedLines(view: View, place: string, columns: number, colour: boolean): string[] {
  const dialogue: Dialogue = { mode: { kind: 'browse' }, selected: null, said: { text: '', bad: false } };
  const head = headLines({ view, lost: '', dialogue, place }).map((spans) => lineOf(spans, columns, colour));
  return [...head, ...tableLines(view, null, columns, Infinity, colour)];
}

function headLines({ view, lost, place }: Frame): Span[][] {
  const lines: Span[][] = [];
  if (view === null) lines.push([{ text: 'edgebalancer', style: 'bold' }, plain(`  ${harmless(place)}`)]);
  else lines.push(...figures(view));
  if (lost !== '') lines.push([{ text: `✗ ${harmless(lost.split('\n', 1)[0] as string)}`, style: 'red' }]);
  lines.push([]);
  return lines;
}

function figures({ look, rates, latency }: View): Span[][] {
  const { overview } = look;
  const { totals, drift } = overview;
  const each = (value: number | undefined): string => (value === undefined ? '-' : rateText(value));
  const ms = (value: number | undefined): string => (value === undefined ? '-' : msText(value));
  const errors = rates?.errors ?? 0;
  const live = drift.file !== null && drift.diff.length > 0;
  return [
    [
      { text: 'edgebalancer', style: 'bold' },
      plain(
        ` ${harmless(overview.version)}  up ${upText(overview.uptime)}  revision ${overview.revision}  backends ${totals.backendsUp}/${totals.backends} up`,
      ),
      ...(live
        ? [
            {
              text: `  ≠ file (${drift.wins === 'live' ? 'live changes win' : 'the file wins'})`,
              style: 'yellow',
            } as const,
          ]
        : []),
      ...(overview.draining ? [{ text: '  DRAINING', style: 'red' } as const] : []),
    ],
    [
      plain(
        `${each(rates?.requests)}/s  in flight ${totals.inFlight}  p50 ${ms(latency?.p50)}  p99 ${ms(latency?.p99)}`,
      ),
      { text: `  errors ${each(rates?.errors)}/s`, style: errors > 0 ? 'red' : 'plain' },
      plain(`  retries ${each(rates?.retries)}/s`),
    ],
  ];
}

function footLines({ mode, said }: Dialogue, columns: number): Span[][] {
  const lines = modeLines(mode, columns);
  if (mode.kind !== 'browse') return [[], ...lines];
  if (said.text === '') return [[], ...lines];
  const told = indented(said.text.replaceAll('\n', ' '), 0, columns).trimEnd().split('\n').slice(0, SAID_LINES_MAX);
  return [...told.map((text): Span[] => [{ text, style: said.bad ? 'red' : 'green' }]), ...lines];
}

/** Of what came of a change. */
const SAID_LINES_MAX = 4;
/** Lines of a difference that are shown; a long one is for `config diff`. */
const DIFF_SHOWN = 5;
/** Strategies that are shown around the one at hand. */
const CHOICES_SHOWN = 9;

function modeLines(mode: Mode, columns: number): Span[][] {
  switch (mode.kind) {
    case 'browse':
      return [[{ text: widthOf(KEYS) <= columns ? KEYS : '↑↓ d m a w s u  ? help  q quit', style: 'dim' }]];
    case 'help':
      return [[{ text: 'Any key goes back.', style: 'dim' }]];
    case 'busy':
      return [[{ text: `${mode.title} …`, style: 'dim' }]];
    case 'weight': {
      const { pool, backend } = mode.row;
      return [
        [
          plain(`Weight of ${harmless(`${pool}/${backend.id}`)}, now ${backend.weight}: `),
          { text: `${mode.input}▏`, style: 'bold' },
        ],
        [{ text: 'Enter goes on, Escape goes back.', style: 'dim' }],
      ];
    }
    case 'strategies':
      return choiceLines(mode);
    case 'confirm': {
      const { diff, warnings } = mode.proposal.answer;
      const shown = diff.slice(0, DIFF_SHOWN).map((line) => [plain(`  ${harmless(line)}`)]);
      const more = diff.length > DIFF_SHOWN ? [[plain(`  … and ${diff.length - DIFF_SHOWN} more`)]] : [];
      const told = warnings
        .slice(0, 2)
        .map((line): Span[] => [{ text: `  warning: ${harmless(line)}`, style: 'yellow' }]);
      return [
        ...shown,
        ...more,
        ...told,
        [{ text: `${mode.title}? y does it, any other key does not.`, style: 'bold' }],
      ];
    }
  }
}

function choiceLines({ pool, available, at }: Extract<Mode, { kind: 'strategies' }>): Span[][] {
  const first = Math.max(0, Math.min(at - Math.floor(CHOICES_SHOWN / 2), available.length - CHOICES_SHOWN));
  const shown = available.slice(first, first + CHOICES_SHOWN).map(({ name, summary }, index): Span[] => {
    const here = first + index === at;
    return [
      { text: `${here ? '▸' : ' '} ${harmless(name)}`, style: here ? 'bold' : 'plain' },
      { text: `  ${harmless(summary)}`, style: 'dim' },
    ];
  });
  return [
    [plain(`Strategy of ${harmless(pool)}:`)],
    ...shown,
    [{ text: '↑↓ choose, Enter goes on, Escape goes back.', style: 'dim' }],
  ];
}

const HELP: readonly string[] = [
  '↑ ↓ or k j   select a backend',
  'd            drain it: it gets nothing new, and what it has begun ends',
  'm            maintenance: as drain, and says that people are at work on it',
  'a            activate it',
  'w            set its weight',
  's            switch the strategy of its pool',
  'u            undo the last change of the configuration',
  'q, Ctrl-C    quit',
  '',
  'Each change is shown, and done only after y. p50 and p99 above the table are the median of',
  'routes by their requests and the worst route. Rates are of the time between two looks.',
];

function plain(text: string): Span {
  return { text, style: 'plain' };
}
