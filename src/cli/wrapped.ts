/** Sentences broken into lines at spaces. */
import { harmless, widthOf } from './harmless.ts';

/** Each line begins with `indent` spaces and ends with a line feed; a word that is wider than a line has one of its own. */
export function indented(text: string, indent: number, columns: number): string {
  const space = ' '.repeat(indent);
  const lines: string[] = [];
  let line = '';
  for (const word of harmless(text).split(' ')) {
    if (line !== '' && indent + widthOf(line) + 1 + widthOf(word) > columns) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].map((one) => `${space}${one}\n`).join('');
}
