/**
 * A small, fast, seeded generator (xoshiro128** by Blackman and Vigna, 2018, public domain): the same seed gives the
 * same numbers on every machine, which is what makes a simulation or a failing test repeatable. Not for secrets.
 */

/** Turns one number into well mixed 32-bit words (splitmix32), so that seeds 1, 2, 3 give unrelated streams. */
function splitmix32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let z = state ^ (state >>> 16);
    z = Math.imul(z, 0x21f0aaad);
    z ^= z >>> 15;
    z = Math.imul(z, 0x735a2d97);
    return z ^ (z >>> 15);
  };
}

/** A generator of numbers uniform in [0, 1), with 32 bits each. */
export function createPrng(seed: number): () => number {
  const next = splitmix32(seed);
  let a = next();
  let b = next();
  let c = next();
  let d = next();
  return () => {
    const b5 = Math.imul(b, 5);
    const result = Math.imul((b5 << 7) | (b5 >>> 25), 9);
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = (d << 11) | (d >>> 21);
    return (result >>> 0) / 4294967296;
  };
}
