/** Light, dark, or as the system is; remembered in this browser. */
import { computed, effect, signal, type ReadonlySignal } from '@preact/signals';

export const THEMES = ['system', 'light', 'dark'] as const;
export type ThemeChoice = (typeof THEMES)[number];

const KEY = 'edgebalancer.theme';
const dark = matchMedia('(prefers-color-scheme: dark)');

const choice = signal<ThemeChoice>(remembered());
const systemDark = signal(dark.matches);

export const themeChoice: ReadonlySignal<ThemeChoice> = choice;
/** What is shown. */
export const theme: ReadonlySignal<'light' | 'dark'> = computed(() => {
  if (choice.value === 'system') return systemDark.value ? 'dark' : 'light';
  return choice.value;
});

/** Takes the next of the three. */
export function turnTheme(): void {
  choice.value = THEMES[(THEMES.indexOf(choice.value) + 1) % THEMES.length] as ThemeChoice;
  try {
    localStorage.setItem(KEY, choice.value);
  } catch {
    // A browser that keeps nothing: the choice ends with the page.
  }
}

/** Lets the document follow the choice. */
export function startTheme(): void {
  dark.addEventListener('change', () => (systemDark.value = dark.matches));
  effect(() => {
    if (choice.value === 'system') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = choice.value;
  });
}

function remembered(): ThemeChoice {
  try {
    const kept = localStorage.getItem(KEY);
    return THEMES.find((name) => name === kept) ?? 'system';
  } catch {
    return 'system';
  }
}
