/**
 * Names and messages come from configurations, servers and backends: they are data. What would move a terminal's cursor,
 * change its colours or title, or turn text around is shown as a mark instead.
 */

const MARK = '\u{fffd}';
/** Control characters of both sets, and those that reverse, hide or join text. */
const HARMFUL = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** One line of plain text. */
export function harmless(text: string): string {
  return text.replaceAll(HARMFUL, MARK);
}

/** As `harmless`, keeping line feeds and tabs. */
export function harmlessLines(text: string): string {
  return text.replaceAll(HARMFUL, (found) => (found === '\n' || found === '\t' ? found : MARK));
}

const WIDE =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\uff01-\uff60]/u;
const segmenter = new Intl.Segmenter();

/** Cells that plain text takes in a terminal. */
export function widthOf(text: string): number {
  // Most text is ASCII, where each character takes one.
  if (/^[\u0020-\u007e]*$/.test(text)) return text.length;
  let width = 0;
  for (const { segment } of segmenter.segment(text)) width += WIDE.test(segment) ? 2 : 1;
  return width;
}

/** Cut with `…` when it takes more than `width` cells. */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  if (width <= 0) return '';
  let taken = 0;
  let kept = '';
  for (const { segment } of segmenter.segment(text)) {
    const next = widthOf(segment);
    if (taken + next > width - 1) break;
    taken += next;
    kept += segment;
  }
  return `${kept}…`;
}
