/**
 * The text that is being edited: taken from what is in force, kept over a reload of the page, checked and put in force by the
 * server. Secrets never are in it: the server hides them, and keeps those that come back hidden.
 */
import { batch, computed, signal, type ReadonlySignal } from '@preact/signals';
import type { ChangeAnswer, FieldProblem } from '#contract/control.ts';
import { putConfig } from '../../data/changes.ts';
import { send } from '../../data/client.ts';
import { asFault, type Fault } from '../../data/fault.ts';

const KEPT_UNDER = 'edgebalancer-draft';

interface Kept {
  readonly text: string;
  readonly base: string;
  readonly etag: string;
}

const base = signal<{ readonly text: string; readonly etag: string } | null>(null);
const text = signal('');
const fault = signal<Fault | null>(null);
const checked = signal<{ readonly text: string; readonly answer: ChangeAnswer } | null>(null);
const busy = signal(false);

/** Null: it has not come yet. */
export const baseText: ReadonlySignal<string | null> = computed(() => base.value?.text ?? null);
export const draftText: ReadonlySignal<string> = text;
export const isEdited: ReadonlySignal<boolean> = computed(() => base.value !== null && base.value.text !== text.value);
/** Why the latest read, check or change failed. */
export const draftFault: ReadonlySignal<Fault | null> = fault;
export const isBusy: ReadonlySignal<boolean> = busy;
/** What the text as it stands would change; null: it was not checked, or was edited since. */
export const checkedAnswer: ReadonlySignal<ChangeAnswer | null> = computed(() =>
  checked.value?.text === text.value ? checked.value.answer : null,
);
export const draftProblems: ReadonlySignal<readonly FieldProblem[]> = computed(() => fault.value?.errors ?? []);

/** Reads what is in force. A draft that was kept is taken up with the version that it was made from. */
export async function loadDraft(): Promise<void> {
  await attempt(async () => {
    const answer = await send('GET', 'admin/config', { accept: 'application/yaml' });
    const current = { text: await answer.text(), etag: answer.headers.get('etag') ?? '' };
    const kept = readKept();
    batch(() => {
      if (kept === null || kept.text === current.text) {
        base.value = current;
        text.value = current.text;
      } else {
        base.value = { text: kept.base, etag: kept.etag };
        text.value = kept.text;
      }
    });
  });
}

export function edit(next: string): void {
  if (next === text.peek()) return;
  text.value = next;
  keep();
}

/** Back to what is in force. */
export async function discard(): Promise<void> {
  sessionStorage.removeItem(KEPT_UNDER);
  await loadDraft();
}

/** Somebody else was first: their version becomes what the draft is compared with, the draft stays. */
export async function rebase(): Promise<void> {
  await attempt(async () => {
    const answer = await send('GET', 'admin/config', { accept: 'application/yaml' });
    base.value = { text: await answer.text(), etag: answer.headers.get('etag') ?? '' };
    keep();
  });
}

/** Asks what it would change, and changes nothing. */
export async function check(): Promise<void> {
  await attempt(async () => {
    const given = text.peek();
    checked.value = { text: given, answer: await putConfig(given, { dryRun: true, ...versionOf() }) };
  });
}

/** Rejects with a `Fault`; the draft stays then. */
export async function apply(): Promise<ChangeAnswer> {
  const answer = await putConfig(text.peek(), versionOf());
  await discard();
  return answer;
}

async function attempt(run: () => Promise<void>): Promise<void> {
  busy.value = true;
  try {
    await run();
    fault.value = null;
  } catch (thrown) {
    fault.value = asFault(thrown);
  } finally {
    busy.value = false;
  }
}

function versionOf(): { ifMatch?: string } {
  const etag = base.peek()?.etag ?? '';
  return etag === '' ? {} : { ifMatch: etag };
}

function keep(): void {
  const from = base.peek();
  if (from === null) return;
  if (from.text === text.peek()) sessionStorage.removeItem(KEPT_UNDER);
  else
    sessionStorage.setItem(
      KEPT_UNDER,
      JSON.stringify({ text: text.peek(), base: from.text, etag: from.etag } satisfies Kept),
    );
}

function readKept(): Kept | null {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEPT_UNDER) ?? 'null') as Kept | null;
    return typeof kept?.text === 'string' && typeof kept.base === 'string' ? kept : null;
  } catch {
    return null;
  }
}
