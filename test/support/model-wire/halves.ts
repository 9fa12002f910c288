/** A text in two parts, as streams bring it; a short one whole. */
export function halves(text: string): string[] {
  const middle = text.length >> 1;
  return middle === 0 ? [text] : [text.slice(0, middle), text.slice(middle)];
}
