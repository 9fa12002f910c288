/** A route's header edits, prepared once: which names to take out of a head, and the lines to put in. */
import type { HeaderEdits } from '#core/plan.ts';

/** Names whose lines leave the head: removed ones, and those that are set anew. */
export class EditedNames {
  readonly #byLength: (readonly Buffer[] | undefined)[] = [];

  constructor(names: Iterable<string>) {
    for (const name of names) {
      const bytes = Buffer.from(name.toLowerCase(), 'latin1');
      this.#byLength[bytes.length] = [...(this.#byLength[bytes.length] ?? []), bytes];
    }
  }

  /** Whether the name `buf[start, end)` is one of them, in any letter case. */
  has(buf: Uint8Array, start: number, end: number): boolean {
    const candidates = this.#byLength[end - start];
    if (candidates === undefined) return false;
    return candidates.some((name) => {
      for (let i = 0; i < name.length; i++) {
        const byte = buf[start + i] as number;
        if ((byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte) !== name[i]) return false;
      }
      return true;
    });
  }
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
