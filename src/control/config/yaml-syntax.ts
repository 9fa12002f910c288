/** What the YAML library must be kept from, and its errors in the words of whoever wrote the file. */
import { Lexer, parseDocument } from 'yaml';
import { shorten } from './quantities.ts';

/** Deeper than any configuration; the parser needs gigabytes for a file of brackets. */
export const DEPTH_MAX = 256;

/** A configuration is written by people; a larger one is a mistake, and parsing it would stall the supervisor. */
export const FILE_BYTES_MAX = 4 * 1024 * 1024;
/** How often aliases may multiply what the file says. */
export const ALIAS_COUNT_MAX = 100;

/** Aliases in all. To find what one stands for, the whole file before it is walked; people write a handful. */
export const ALIASES_MAX = 500;

/**
 * Values, and marks between them, in all. A backend with all its fields has about twenty, so this is room for ten thousand
 * of them; the reader takes some microseconds for each, and the supervisor does nothing else meanwhile.
 */
export const PARTS_MAX = 200_000;

export const QUOTE_REFERENCE = 'inside `{…}` and `[…]` a reference stands in quotes: `"${NAME}"`';

/**
 * Where the file is nested too deep, or -1. Counts brackets, and the dashes and question marks that open one list or mapping
 * in another on one line. Those in texts and comments count too, but no such text opens this many and closes none.
 */
export function tooDeep(text: string): number {
  let brackets = 0;
  let openers = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x5b || code === 0x7b) brackets++;
    else if ((code === 0x5d || code === 0x7d) && brackets > 0) brackets--;
    if ((code === 0x2d || code === 0x3f || code === 0x3a) && text.charCodeAt(at + 1) === 0x20) openers++;
    else if (code !== 0x20) openers = 0;
    if (brackets > DEPTH_MAX || openers > DEPTH_MAX) return at;
  }
  return -1;
}

/** What the lexer puts before a plain or block scalar, which is the token behind it. */
const SCALAR_MARK = '\u001f';

/** Where the first alias stands that is one too many, or -1. Asterisks in texts and comments do not count. */
export function tooManyAliases(text: string): number {
  let asterisks = 0;
  for (let at = text.indexOf('*'); at !== -1 && asterisks <= ALIASES_MAX; at = text.indexOf('*', at + 1)) asterisks++;
  if (asterisks <= ALIASES_MAX) return -1;
  let aliases = 0;
  let at = 0;
  let before = '';
  for (const token of new Lexer().lex(text)) {
    if (before !== SCALAR_MARK && token.startsWith('*') && ++aliases > ALIASES_MAX) return at;
    // Marks of the lexer's own (one control character) are not in the text.
    if (!MARKS.has(token)) at += token.length;
    before = token;
  }
  return -1;
}

const MARKS: ReadonlySet<string> = new Set(['\u0002', '\u0018', SCALAR_MARK]);

/**
 * Where the first part stands that is one too many, or -1. A part is a value, a bracket that opens, or a mark between two
 * (`:`, `-`, `?`, `,`). First the marks are counted without regard to texts and comments, which is an upper bound and quick.
 */
export function tooManyParts(text: string): number {
  let marks = 0;
  for (let at = 0; at < text.length; at++) if (PART_MARKS.has(text.charCodeAt(at))) marks++;
  // No two values stand side by side: there is a mark or the end of a line between them.
  if (3 * marks < PARTS_MAX) return -1;
  let parts = 0;
  let at = 0;
  let before = '';
  for (const token of new Lexer().lex(text)) {
    if (before !== SCALAR_MARK && isPart(token) && ++parts > PARTS_MAX) return at;
    if (!MARKS.has(token)) at += token.length;
    before = token;
  }
  return -1;
}

const PART_MARKS: ReadonlySet<number> = new Set([...'\n:,-?[{'].map((mark) => mark.charCodeAt(0)));

function isPart(token: string): boolean {
  return token === SCALAR_MARK || token.startsWith('"') || token.startsWith("'") || PART_TOKENS.has(token);
}

const PART_TOKENS: ReadonlySet<string> = new Set(['{', '[', ':', '-', '?', ',']);

/** Whether a text is larger, deeper or more tangled than the parser should be given. */
export function tooLarge(text: string): boolean {
  if (Buffer.byteLength(text) > FILE_BYTES_MAX) return true;
  return tooDeep(text) !== -1 || tooManyAliases(text) !== -1 || tooManyParts(text) !== -1;
}

/** The parser's codes in the words of whoever wrote the file. */
export function syntaxMessage(code: string, message: string): string {
  if (message.includes('call stack')) return 'nested deeper than any configuration is';
  if (message.includes('sufficiently indented'))
    return 'lines inside `[…]` and `{…}` are indented more than the key that holds them';
  const line = shorten(message.split('\n')[0], 160);
  switch (code) {
    case 'MULTIPLE_DOCS':
      return 'a second document begins here; a configuration is one document';
    case 'TAB_AS_INDENT':
      return 'a tab stands where YAML wants spaces';
    case 'BAD_ALIAS':
      return `${line}; an alias names an anchor (\`&name\`) that stands before it`;
    default:
      return `not valid YAML: ${line}`;
  }
}

/** What YAML would read if the text stood there without quotes; only scalars, never structure. */
export function plainValue(text: string): unknown {
  if (!/^[\w.+-]*$/.test(text)) return text;
  const value = parseDocument(text).toJS() as unknown;
  return value === null || typeof value === 'number' || typeof value === 'boolean' ? value : text;
}
