/** Makes a failing sequence small: pieces are left out, large ones first, as long as the failure stays of its kind. */
import type { Failure } from './codec-fuzz.ts';
import type { Sequence } from './sequence.ts';

/** Some seconds. */
const CHECKS_MAX = 200_000;
/** Up to this length every piece of every length is tried: of two bytes that depend on each other, neither goes alone. */
const EVERY_PIECE_BYTES_MAX = 300;

export interface Shrunk {
  readonly sequence: Sequence;
  readonly failure: Failure;
}

export function shrink(sequence: Sequence, failure: Failure, check: (sequence: Sequence) => Failure | null): Shrunk {
  let best: Shrunk = { sequence, failure };
  let checks = 0;
  const better = (candidate: Sequence): boolean => {
    if (checks++ >= CHECKS_MAX) return false;
    const found = check(candidate);
    if (found?.kind !== failure.kind) return false;
    best = { sequence: candidate, failure: found };
    return true;
  };
  for (let before = Infinity; best.sequence.text.length < before;) {
    before = best.sequence.text.length;
    for (let size = before >> 1; size > 0; size >>= 1) {
      for (let at = 0; at < best.sequence.text.length;) if (!better(without(best.sequence, at, size))) at += size;
    }
  }
  for (let size = best.sequence.text.length; size > 0; size--) {
    if (best.sequence.text.length > EVERY_PIECE_BYTES_MAX) break;
    for (let at = 0; at + size <= best.sequence.text.length;) {
      if (better(without(best.sequence, at, size))) size = Math.min(size, best.sequence.text.length);
      else at++;
    }
  }
  for (let i = 0; i < best.sequence.borders.length;) {
    const borders = best.sequence.borders.filter((_, other) => other !== i);
    if (!better({ ...best.sequence, borders })) i++;
  }
  return best;
}

/** Less `size` bytes at `at`; borders stay between the bytes where they were. */
function without(sequence: Sequence, at: number, size: number): Sequence {
  const text = sequence.text.slice(0, at) + sequence.text.slice(at + size);
  const borders = sequence.borders.map((border) => (border <= at ? border : Math.max(at, border - size)));
  return { ...sequence, text, borders: borders.map((border) => Math.min(border, text.length)) };
}

/** Latin1 text as a literal that can be pasted into a test. */
export function escaped(text: string): string {
  const names: Readonly<Record<string, string>> = { '\r': '\\r', '\n': '\\n', '\t': '\\t', "'": "\\'", '\\': '\\\\' };
  const code = (char: string) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`;
  return `'${text.replace(/[\r\n\t'\\]/g, (char) => names[char] as string).replace(/[^ -~]/g, code)}'`;
}
