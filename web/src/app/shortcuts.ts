/**
 * Keys that work everywhere but where one writes: `g` and a letter go to a page, `?` lists them all. A page adds its own for
 * as long as it is shown (`useShortcuts`).
 */
import { signal, type ReadonlySignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { PAGES } from '#contract/pages.ts';
import { addressOf, navigate } from '../routing/address.ts';
import { PAGE_PARTS } from '../routing/pages.ts';

export interface Shortcut {
  /** As `KeyboardEvent.key` says it: `?`, `t`, `Escape`. */
  readonly key: string;
  readonly says: string;
  readonly run: () => void;
}

/** The letter after `g` comes within this time. */
const SECOND_KEY_MS = 1_500;

const listed = signal(false);
const added = signal<readonly Shortcut[]>([]);
let wentMs = -Infinity;

export const shortcutsShown: ReadonlySignal<boolean> = listed;
/** Those of the page that is shown. */
export const pageShortcuts: ReadonlySignal<readonly Shortcut[]> = added;

export function showShortcuts(): void {
  listed.value = true;
}

export function hideShortcuts(): void {
  listed.value = false;
}

/** Adds keys for as long as the component is there. Give the same array each time. */
export function useShortcuts(shortcuts: readonly Shortcut[]): void {
  useEffect(() => {
    added.value = [...added.peek(), ...shortcuts];
    return () => {
      added.value = added.peek().filter((one) => !shortcuts.includes(one));
    };
  }, [shortcuts]);
}

/** Begins to listen, for as long as the page is open. */
export function startShortcuts(): void {
  addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isWriting(event.target) || isInDialog(event.target)) return;
    if (take(event.key, event.timeStamp)) event.preventDefault();
  });
}

function take(key: string, nowMs: number): boolean {
  const second = nowMs - wentMs < SECOND_KEY_MS;
  wentMs = key === 'g' ? nowMs : -Infinity;
  if (key === 'g') return true;
  if (second) {
    const wanted = PAGES.find(({ path }) => PAGE_PARTS[path].key === key);
    if (wanted !== undefined) navigate(addressOf(wanted.path));
    return wanted !== undefined;
  }
  if (key === '?') {
    showShortcuts();
    return true;
  }
  const own = added.peek().find((shortcut) => shortcut.key === key);
  own?.run();
  return own !== undefined;
}

function isWriting(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

function isInDialog(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('dialog') !== null;
}
