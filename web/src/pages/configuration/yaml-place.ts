/**
 * Where in a YAML text of block style the cursor or a path is. Reading by indentation is enough for an editor: what the text
 * means is the server's to say, and in flow style (`{ a: 1 }`) the line of the nearest key above is given.
 */

export interface KeyLine {
  /** 1 is the first. */
  readonly line: number;
  readonly indent: number;
  /** A key, or the number of an item. */
  readonly step: string;
}

const KEY = /^(\s*)((?:- +)*)(?:("[^"]*"|'[^']*'|[^\s#:{}[\],&*!|>'"%@`-][^:#]*?|-[^\s:][^:#]*?)\s*:(?=\s|$)|(?=\S))/;

/** Every key and item of the text, as steps with their depth. */
function* keyLines(text: string): Generator<KeyLine> {
  const items = new Map<number, number>();
  let block: number | null = null;
  for (const [index, content] of text.split('\n').entries()) {
    const indent = content.search(/\S/);
    if (indent === -1 || content[indent] === '#') continue;
    if (block !== null && indent > block) continue;
    block = /[|>][-+\d]*\s*$/.test(content) ? indent : null;
    for (const depth of items.keys()) if (depth > indent) items.delete(depth);
    const [, , dashes = '', key] = KEY.exec(content) ?? [];
    let column = indent;
    for (const dash of dashes.match(/- +/g) ?? (/^-\s*$/.test(content.trim()) ? ['- '] : [])) {
      const item = items.get(column) ?? 0;
      items.set(column, item + 1);
      yield { line: index + 1, indent: column, step: String(item) };
      column += dash.length;
      for (const depth of items.keys()) if (depth > indent && depth >= column) items.delete(depth);
    }
    if (key !== undefined) yield { line: index + 1, indent: column, step: key.replace(/^["']|["']$/g, '') };
  }
}

/** The line that a path such as `pools.app.backends.0.weight` begins at; of its nearest known part where it is not there. */
export function lineOfPath(text: string, path: string): number {
  const wanted = path === '' ? [] : path.split('.');
  const open: KeyLine[] = [];
  let best = 1;
  let deepest = 0;
  for (const found of keyLines(text)) {
    while (open.length > 0 && !isInside(open.at(-1)!, found)) open.pop();
    open.push(found);
    const same = open.length <= wanted.length && open.every(({ step }, at) => step === wanted[at]);
    if (same && open.length > deepest) [deepest, best] = [open.length, found.line];
    if (deepest === wanted.length) break;
  }
  return best;
}

/** The steps that lead to a line whose content begins at `indent`: those of the keys above that it lies in. */
export function pathAt(text: string, line: number, indent: number): string[] {
  const open: KeyLine[] = [];
  for (const found of keyLines(text)) {
    if (found.line > line) break;
    while (open.length > 0 && !isInside(open.at(-1)!, found)) open.pop();
    open.push(found);
  }
  const outside = open.filter((found) => found.line < line && found.indent < indent);
  const own = open.filter((found) => found.line === line && found.indent < indent && /^\d+$/.test(found.step));
  return [...outside, ...own].map(({ step }) => step);
}

/** A list may stand at the same depth as its key. */
function isInside(outer: KeyLine, inner: KeyLine): boolean {
  if (inner.indent > outer.indent) return true;
  return inner.indent === outer.indent && /^\d+$/.test(inner.step) && !/^\d+$/.test(outer.step);
}
