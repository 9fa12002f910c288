/** A route's header edits, prepared once: which names to take out of a head, and the lines to put in. */
import type { HeaderEdits } from '#core/plan.ts';

/** Names whose lines leave the head: removed ones, and those that are set anew. */
export class EditedNames {
  readonly #byLength: readonly (readonly Buffer[])[];
  /** Bit `length mod 32` for each of them: most names of a head are told apart by their length alone. */
  readonly #lengths: number;

  constructor(names: Iterable<string>) {
    const all = [...names].map((name) => Buffer.from(name.toLowerCase(), 'latin1'));
    const longest = Math.max(0, ...all.map(({ length }) => length));
    this.#byLength = Array.from({ length: longest + 1 }, (_, length) => all.filter((name) => name.length === length));
    this.#lengths = all.reduce((bits, { length }) => bits | (1 << (length & 31)), 0);
  }

  /** Whether the name `buf[start, end)` is one of them, in any letter case. */
  has(buf: Uint8Array, start: number, end: number): boolean {
    const length = end - start;
    if ((this.#lengths & (1 << (length & 31))) === 0 || length >= this.#byLength.length) return false;
    const candidates = this.#byLength[length] as readonly Buffer[];
    for (let at = 0; at < candidates.length; at++) if (isName(candidates[at] as Buffer, buf, start)) return true;
    return false;
  }
}

/** Whether `name`, in lower case, stands at `start`, in any. */
function isName(name: Buffer, buf: Uint8Array, start: number): boolean {
  for (let i = 0; i < name.length; i++) {
    const byte = buf[start + i] as number;
    if ((byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte) !== name[i]) return false;
  }
  return true;
}

export interface PreparedEdits {
  /** Null where nothing is taken out. */
  readonly names: EditedNames | null;
  readonly lines: Buffer;
}

export function prepareEdits(edits: HeaderEdits): PreparedEdits {
  const out = [...edits.remove, ...edits.set.map(([name]) => name)];
  const lines = [...edits.set, ...edits.add].map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return { names: out.length === 0 ? null : new EditedNames(out), lines: Buffer.from(lines, 'latin1') };
}
