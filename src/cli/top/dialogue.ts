/**
 * What keys do in `top`: which backend is selected, what is being asked, and which request follows. It holds no terminal and
 * no connection: keys and answers come in, and what is to be asked of the admin API goes out as a value.
 */
import type { StrategyEntry } from '#contract/admin.ts';
import type { Change, Proposal } from '../change.ts';
import { backendPath } from '../backends.ts';
import { harmless } from '../harmless.ts';
import type { Key } from './keys.ts';
import { keyOf, type BackendRow, type View } from './view.ts';

/** Longer than any weight. */
const INPUT_LENGTH_MAX = 20;

/** What the line below the table is for. */
export type Mode =
  | { readonly kind: 'browse' }
  | { readonly kind: 'help' }
  | { readonly kind: 'weight'; readonly row: BackendRow; readonly input: string }
  | {
      readonly kind: 'strategies';
      readonly pool: string;
      readonly available: readonly StrategyEntry[];
      readonly at: number;
    }
  | { readonly kind: 'confirm'; readonly title: string; readonly proposal: Proposal }
  | { readonly kind: 'busy'; readonly title: string };

export interface Dialogue {
  readonly mode: Mode;
  /** `keyOf` of the backend; null: the first. */
  readonly selected: string | null;
  /** What came of the last thing done; '' when nothing did. */
  readonly said: { readonly text: string; readonly bad: boolean };
}

/** What is to be done outside. */
export type Wish =
  | { readonly kind: 'quit' }
  | { readonly kind: 'strategies'; readonly pool: string }
  | { readonly kind: 'propose'; readonly title: string; readonly change: Change }
  | { readonly kind: 'carry out'; readonly title: string; readonly proposal: Proposal };

export interface Step {
  readonly dialogue: Dialogue;
  readonly wish: Wish | null;
}

const BROWSE: Mode = { kind: 'browse' };
const SILENT = { text: '', bad: false };

export const START: Dialogue = { mode: BROWSE, selected: null, said: SILENT };

export function press(dialogue: Dialogue, key: Key, view: View | null): Step {
  if (key.name === 'interrupt') return { dialogue, wish: { kind: 'quit' } };
  const { mode } = dialogue;
  switch (mode.kind) {
    case 'browse':
      return browse({ ...dialogue, said: SILENT }, key, view);
    case 'help':
      return stay({ ...dialogue, mode: BROWSE });
    case 'weight':
      return typeWeight(dialogue, mode, key);
    case 'strategies':
      return chooseStrategy(dialogue, mode, key);
    case 'confirm':
      return confirm(dialogue, mode, key);
    case 'busy':
      // A change that is under way is not called back by leaving: keys wait for what comes of it.
      return stay(dialogue);
  }
}

/** The selected row, or the first when that one is gone; null: there is none. */
export function selectedRow({ selected }: Dialogue, view: View | null): BackendRow | null {
  const rows = rowsOf(view);
  return rows.find((row) => keyOf(row.pool, row.backend.id) === selected) ?? rows[0] ?? null;
}

function rowsOf(view: View | null): readonly BackendRow[] {
  return view === null ? [] : view.pools.flatMap(({ rows }) => rows);
}

function browse(dialogue: Dialogue, key: Key, view: View | null): Step {
  const row = selectedRow(dialogue, view);
  if (key.name === 'up' || key.text === 'k') return stay(move(dialogue, view, -1));
  if (key.name === 'down' || key.text === 'j') return stay(move(dialogue, view, 1));
  switch (key.text) {
    case 'q':
      return { dialogue, wish: { kind: 'quit' } };
    case '?':
      return stay({ ...dialogue, mode: { kind: 'help' } });
    case 'u':
      return propose(dialogue, 'Undo the last change', { method: 'POST', path: 'admin/config/rollback', body: {} });
    default:
  }
  if (row === null) return stay(dialogue);
  const name = harmless(`${row.pool}/${row.backend.id}`);
  switch (key.text) {
    case 'd':
      return propose(dialogue, `Drain ${name}`, patchOf(row, { state: 'draining' }));
    case 'm':
      return propose(dialogue, `Put ${name} in maintenance`, patchOf(row, { state: 'maintenance' }));
    case 'a':
      return propose(dialogue, `Activate ${name}`, patchOf(row, { state: 'active' }));
    case 'w':
      return stay({ ...dialogue, mode: { kind: 'weight', row, input: '' } });
    case 's':
      return {
        dialogue: busy(dialogue, `Strategies for ${harmless(row.pool)}`),
        wish: { kind: 'strategies', pool: row.pool },
      };
    default:
      return stay(dialogue);
  }
}

function move(dialogue: Dialogue, view: View | null, by: number): Dialogue {
  const rows = rowsOf(view);
  const row = selectedRow(dialogue, view);
  const next = row === null ? undefined : rows[rows.indexOf(row) + by];
  return next === undefined ? dialogue : { ...dialogue, selected: keyOf(next.pool, next.backend.id) };
}

function typeWeight(dialogue: Dialogue, mode: Extract<Mode, { kind: 'weight' }>, key: Key): Step {
  const { input, row } = mode;
  const typed = (text: string): Step => stay({ ...dialogue, mode: { ...mode, input: text } });
  if (key.name === 'escape') return stay({ ...dialogue, mode: BROWSE });
  if (key.name === 'backspace') return typed(input.slice(0, -1));
  if (key.name === 'text')
    return /^[\d.]$/.test(key.text) && input.length < INPUT_LENGTH_MAX ? typed(input + key.text) : stay(dialogue);
  if (key.name !== 'enter') return stay(dialogue);
  const weight = Number(input);
  if (input === '' || Number.isNaN(weight))
    return stay(failed(dialogue, `${input === '' ? 'Nothing' : input} is no weight.`));
  return propose(dialogue, `Weight of ${harmless(`${row.pool}/${row.backend.id}`)}`, patchOf(row, { weight }));
}

function chooseStrategy(dialogue: Dialogue, mode: Extract<Mode, { kind: 'strategies' }>, key: Key): Step {
  const { available, at, pool } = mode;
  const to = (next: number): Step =>
    stay({ ...dialogue, mode: { ...mode, at: Math.min(Math.max(next, 0), available.length - 1) } });
  if (key.name === 'up' || key.text === 'k') return to(at - 1);
  if (key.name === 'down' || key.text === 'j') return to(at + 1);
  if (key.name === 'escape' || key.text === 'q') return stay({ ...dialogue, mode: BROWSE });
  const chosen = available[at];
  if (key.name !== 'enter' || chosen === undefined) return stay(dialogue);
  const body = { pool, strategy: chosen.name };
  return propose(dialogue, `Switch ${harmless(pool)} to ${harmless(chosen.name)}`, {
    method: 'PUT',
    path: 'admin/strategy',
    body,
  });
}

function confirm(dialogue: Dialogue, { title, proposal }: Extract<Mode, { kind: 'confirm' }>, key: Key): Step {
  if (key.text === 'y' || key.text === 'Y')
    return { dialogue: busy(dialogue, title), wish: { kind: 'carry out', title, proposal } };
  // Only a yes is one; an arrow pressed by mistake asks on.
  if (key.name === 'up' || key.name === 'down') return stay(dialogue);
  return stay({ ...dialogue, mode: BROWSE, said: { text: 'Nothing was changed.', bad: false } });
}

/** What a wish came to. */
export function proposed(dialogue: Dialogue, title: string, proposal: Proposal): Dialogue {
  if (!proposal.answer.changed) return told(dialogue, `${title}: nothing to change.`);
  return { ...dialogue, mode: { kind: 'confirm', title, proposal } };
}

export function offered(
  dialogue: Dialogue,
  pool: string,
  available: readonly StrategyEntry[],
  current: string,
): Dialogue {
  const at = Math.max(
    0,
    available.findIndex(({ name }) => name === current),
  );
  return { ...dialogue, mode: { kind: 'strategies', pool, available, at } };
}

export function told(dialogue: Dialogue, text: string): Dialogue {
  return { ...dialogue, mode: BROWSE, said: { text, bad: false } };
}

export function failed(dialogue: Dialogue, text: string): Dialogue {
  return { ...dialogue, mode: BROWSE, said: { text, bad: true } };
}

function propose(dialogue: Dialogue, title: string, change: Change): Step {
  return { dialogue: busy(dialogue, title), wish: { kind: 'propose', title, change } };
}

function busy(dialogue: Dialogue, title: string): Dialogue {
  return { ...dialogue, mode: { kind: 'busy', title } };
}

function stay(dialogue: Dialogue): Step {
  return { dialogue, wish: null };
}

function patchOf({ pool, backend }: BackendRow, body: object): Change {
  return { method: 'PATCH', path: backendPath(pool, backend.id), body };
}
