/** Waiting for what has no event of its own, by looking again and again until a limit. */
const LOOK_MS = 5;

/** Resolves with the first value of `look` that is neither false, null nor undefined. */
export async function until<T>(what: string, look: () => T | Promise<T>, limitMs = 15_000): Promise<NonNullable<T>> {
  const end = performance.now() + limitMs;
  for (;;) {
    const seen = await look();
    if (seen !== false && seen !== null && seen !== undefined) return seen;
    if (performance.now() > end) throw new Error(`${what}: not within ${limitMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
