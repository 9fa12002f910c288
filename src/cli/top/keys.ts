/** Bytes of a terminal in raw mode to keys. */

export interface Key {
  readonly name: 'up' | 'down' | 'enter' | 'escape' | 'backspace' | 'interrupt' | 'text';
  /** One printable character; '' for the others. */
  readonly text: string;
}

/** More than a second of typing; what is pasted beyond is dropped. */
const KEYS_MAX = 256;

const NAMED: Readonly<Record<string, Key['name']>> = {
  '\u0003': 'interrupt',
  '\u0004': 'interrupt',
  '\r': 'enter',
  '\n': 'enter',
  '\b': 'backspace',
  '\u007f': 'backspace',
};

const ARROWS: Readonly<Record<string, Key['name']>> = { A: 'up', B: 'down' };

/** One chunk as it was read. An escape alone at its end is the key; sequences arrive whole. */
export function keysOf(input: string): Key[] {
  const keys: Key[] = [];
  // CSI and SS3 sequences (ECMA-48), a bare escape, or any character.
  for (const [found] of input.matchAll(/\u001b\[[\u0030-\u003f]*[\u0020-\u002f]*[\u0040-\u007e]|\u001bO.|[^]/gu)) {
    if (keys.length === KEYS_MAX) break;
    if (found === '\u001b') keys.push({ name: 'escape', text: '' });
    else if (found.startsWith('\u001b')) {
      const arrow = /^\u001b(\[|O)[AB]$/.test(found) ? ARROWS[found.slice(-1)] : undefined;
      if (arrow !== undefined) keys.push({ name: arrow, text: '' });
    } else {
      const name = NAMED[found];
      if (name !== undefined) keys.push({ name, text: '' });
      else if (!/\p{C}/u.test(found)) keys.push({ name: 'text', text: found });
    }
  }
  return keys;
}
