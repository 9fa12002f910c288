/**
 * Sentences in which every number is cited. `say` takes cited values, names and other sentences, and nothing else: the compiler
 * refuses a number or a text, and a digit in the template itself is a programmer's mistake that throws.
 */
import type { Citation, Told } from '#contract/copilot.ts';
import { shown, type Cited } from './cited.ts';

declare const mark: unique symbol;
/** What users or the network named: shown between backticks, never read as anything else. */
export type Name = { readonly name: string; readonly [mark]: true };

/** Longer ones say nothing more to a reader, and some come from outside. */
const NAME_LENGTH_MAX = 80;
/** What would end the backticks, or act on a terminal. */
const UNSAFE = /[`\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

export function name(text: string): Name {
  const plain = text.replaceAll(UNSAFE, '?');
  return { name: plain.length > NAME_LENGTH_MAX ? `${plain.slice(0, NAME_LENGTH_MAX)}…` : plain } as Name;
}

type Part = Cited | Name | Told;

/** A number of its own: not the one in `p99`. */
const BARE_DIGIT = /(?<![a-z\d])\d/i;

export function say(texts: TemplateStringsArray, ...parts: readonly Part[]): Told {
  let text = '';
  const cites: Citation[] = [];
  texts.forEach((literal, at) => {
    if (BARE_DIGIT.test(literal)) throw new Error(`a number without a source: ${literal}`);
    text += literal;
    const part = parts[at];
    if (part === undefined) return;
    if ('text' in part) {
      text += part.text;
      cites.push(...part.cites);
    } else if ('name' in part) text += `\`${part.name}\``;
    else {
      const words = shown(part);
      text += words;
      cites.push({ ...part, shown: words });
    }
  });
  return { text, cites };
}

/** `a, b and c`. Of more than `max`, the rest is left to a word. */
export function listed(parts: readonly Told[], max = 5): Told {
  const some = parts.slice(0, max);
  const more = parts.length > max;
  const told = some.reduce((before, part, at) => {
    if (at === 0) return part;
    return at === some.length - 1 && !more ? say`${before} and ${part}` : say`${before}, ${part}`;
  }, NOTHING);
  return more ? say`${told} and others` : told;
}

export const NOTHING: Told = { text: '', cites: [] };

/** Sentences one after another; empty ones leave no gap. */
export function joined(...parts: readonly Told[]): Told {
  const there = parts.filter(({ text }) => text !== '');
  return { text: there.map(({ text }) => text).join(' '), cites: there.flatMap(({ cites }) => cites) };
}
