/** The name that was most likely meant. */

/** Optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours cost 1 each. */
export function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      current[j] = Math.min(previous[j] + 1, current[j - 1] + 1, substitution);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) current[j] = Math.min(current[j], before[j - 2] + 1);
    }
    before = previous;
    previous = current;
  }
  return previous[b.length];
}

/** A longer name is nobody's slip of the keyboard, and would only cost time. */
const NAME_LENGTH_MAX = 64;

/** The closest of `known` when it is close enough to be a slip (a third of its letters), else null. */
export function nearest(name: string, known: readonly string[]): string | null {
  if (name.length > NAME_LENGTH_MAX) return null;
  const wanted = plain(name);
  let best: string | null = null;
  let bestDistance = Infinity;
  for (const candidate of known) {
    if (Math.abs(candidate.length - name.length) > NAME_LENGTH_MAX / 2) continue;
    const target = plain(candidate);
    const distance = editDistance(wanted, target);
    const bound = Math.floor(Math.max(target.length, wanted.length) / 3);
    if (distance < bestDistance && distance <= bound) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** `did you mean …?`, or what there is to choose from when nothing is near; '' when there is nothing. */
export function suggestion(name: string, known: readonly string[]): string {
  const near = nearest(name, known);
  if (near !== null) return `; did you mean \`${near}\`?`;
  if (known.length === 0) return '';
  const shown = known.slice(0, 12).map((one) => `\`${one}\``);
  return `; known here: ${shown.join(', ')}${known.length > shown.length ? ', …' : ''}`;
}

/** Letter case, `-` and `_` are the likeliest slips and cost nothing: `strip_prefix` is near `stripPrefix`. */
function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[-_]/g, '');
}
