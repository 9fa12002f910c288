/** What a run has seen. Plain data, so that threads can send it. */
import { KNOWN_DIFFERENCES } from './known-differences.ts';
import { KINDS, type Kind, type Reading } from './sequence.ts';

export interface Counts {
  sequences: number;
  bytes: number;
  kinds: Record<Kind, Record<Reading['verdict'], number>>;
  /** Messages that the codec read to their end. */
  messages: number;
  /** Sequences in which it accepted something, so that llhttp was asked too. */
  judged: number;
  /** Known differences to llhttp, by name. */
  differences: Record<string, number>;
}

export function noCounts(): Counts {
  const none = () => ({ whole: 0, open: 0, ended: 0, refused: 0 });
  return {
    sequences: 0,
    bytes: 0,
    kinds: Object.fromEntries(KINDS.map((kind) => [kind, none()])) as Counts['kinds'],
    messages: 0,
    judged: 0,
    differences: Object.fromEntries(KNOWN_DIFFERENCES.map(({ name }) => [name, 0])),
  };
}

export function addCounts(to: Counts, more: Counts): void {
  to.sequences += more.sequences;
  to.bytes += more.bytes;
  to.messages += more.messages;
  to.judged += more.judged;
  for (const kind of KINDS) {
    const row = to.kinds[kind];
    for (const verdict of ['whole', 'open', 'ended', 'refused'] as const) row[verdict] += more.kinds[kind][verdict];
  }
  for (const [name, count] of Object.entries(more.differences))
    to.differences[name] = (to.differences[name] ?? 0) + count;
}

/** Share of sequences that were not refused, open ones among them when `open`. */
export function acceptedShare({ kinds, sequences }: Counts, open: boolean): number {
  const accepted = KINDS.map((kind) => kinds[kind].whole + kinds[kind].ended + (open ? kinds[kind].open : 0));
  return accepted.reduce((sum, count) => sum + count, 0) / sequences;
}
