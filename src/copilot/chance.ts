/** What chance alone would bring about. */

/** Beyond, one in ten and three in ten are told apart by far: the sum would be long and tell nothing. */
const TRIALS_MAX = 1000;

/** That of `trials` at least `hits` come true, each with probability `share`, independently: the upper tail of the binomial. */
export function chanceOf(hits: number, trials: number, share: number): number {
  if (hits <= 0) return 1;
  if (trials > TRIALS_MAX) return chanceOf(Math.floor((hits * TRIALS_MAX) / trials), TRIALS_MAX, share);
  const odds = share / (1 - share);
  let term = (1 - share) ** trials;
  let below = 0;
  for (let count = 0; count < hits; count++) {
    below += term;
    term *= ((trials - count) / (count + 1)) * odds;
  }
  return Math.max(0, 1 - below);
}
