import { registerHooks } from 'node:module';

/**
 * Loaded with `--import` before the product: every method of `Recorder` does nothing, in the main thread and in workers, which
 * inherit it. What is left of a request is what it costs without counting.
 */

const RECORDER = '/src/observe/recorder.ts';
const EMPTY = `
for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(Recorder.prototype)))
  if (name !== 'constructor' && typeof value === 'function') Recorder.prototype[name] = () => {};
`;

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (!url.endsWith(RECORDER)) return loaded;
    if (loaded.source === undefined || loaded.source === null) throw new Error(`no source of ${url}`);
    const source = typeof loaded.source === 'string' ? loaded.source : new TextDecoder().decode(loaded.source);
    return { ...loaded, source: source + EMPTY };
  },
});
