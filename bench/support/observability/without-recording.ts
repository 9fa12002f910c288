import { registerHooks } from 'node:module';

/**
 * Loaded with `--import` before the product: every method of `TrafficRecorder` does nothing, in the main thread and in workers, which
 * inherit it. What is left of a request is what it costs without recording its traffic for the simulator.
 */

const RECORDER = '/src/observe/traffic-recorder.ts';
const EMPTY = `
for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(TrafficRecorder.prototype)))
  if (name !== 'constructor' && typeof value === 'function') TrafficRecorder.prototype[name] = () => {};
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
