/** Which folder of src/ may import which: the arrows of ARCHITECTURE.md as data, and the check that holds them. */
import { dirname, join, normalize } from 'node:path';
import type { Import } from './facts.ts';

interface Layer {
  /** Other layers it may import. */
  readonly layers: readonly string[];
  /** May it import Node's modules: none, all, or all but these. */
  readonly node: 'none' | 'all' | { readonly not: readonly string[] };
  /** npm packages it may import. */
  readonly packages: 'all' | readonly string[];
  /** Said when the rule is broken. */
  readonly because: string;
}

const SOCKETS = ['net', 'tls', 'dgram', 'http', 'https', 'http2'];
const READING = ['fs', 'fs/promises', 'child_process'];

export const LAYERS: Readonly<Record<string, Layer>> = {
  core: pure([], 'policy is decided without time, chance or I/O; pass in what it needs (core/ports.ts)'),
  http1: pure(['core'], 'the codec turns bytes into events or a fault and knows nothing else'),
  contract: pure(['core'], "the admin API's shapes are types and constants only"),
  memory: pure(['core'], 'tables cannot tell whose buffer they lie on'),
  simulator: pure(['core', 'memory', 'contract'], 'the simulator also runs in a browser, on a virtual clock'),
  observe: {
    layers: ['memory', 'core', 'contract'],
    node: { not: SOCKETS },
    packages: ['pino'],
    because: 'observing decides nothing and serves nothing',
  },
  transport: {
    layers: [],
    node: 'all',
    packages: [],
    because: 'transport moves bytes and knows no HTTP, route or backend',
  },
  proxy: {
    layers: ['core', 'http1', 'memory', 'observe', 'transport'],
    node: { not: [...SOCKETS, ...READING] },
    packages: [],
    because: 'the data plane touches sockets through transport only and obeys a plan, not a configuration',
  },
  probes: {
    layers: ['core', 'http1', 'memory', 'observe'],
    node: 'all',
    packages: [],
    because: 'a probe looks at one backend and reports; it is not part of the data plane',
  },
  discovery: {
    layers: ['core', 'http1', 'memory', 'observe'],
    node: 'all',
    packages: [],
    because: 'discovery yields membership and nothing else',
  },
  control: {
    // control/copilot hands the copilot what it reads; the copilot is pure, and knows nothing of it.
    layers: ['core', 'contract', 'memory', 'observe', 'discovery', 'simulator', 'copilot'],
    node: 'all',
    packages: 'all',
    because: 'the control plane never runs on the path of a request',
  },
  worker: {
    layers: ['proxy', 'core', 'http1', 'memory', 'observe', 'transport'],
    node: 'all',
    packages: [],
    because: 'a worker assembles one data plane and knows no admin API',
  },
  supervisor: {
    layers: 'core http1 contract memory observe transport proxy probes discovery control worker simulator'.split(' '),
    node: 'all',
    packages: 'all',
    because: 'the supervisor stands below the commands and the copilot',
  },
  copilot: {
    layers: ['contract', 'simulator'],
    node: 'all',
    packages: 'all',
    because: 'it is a client of the admin API',
  },
  // `run`, `demo` and `check` start or read what the other commands only ask for over the admin API.
  cli: {
    layers: ['core', 'contract', 'simulator', 'control', 'supervisor'],
    node: 'all',
    packages: 'all',
    because: "a command never reaches into a running balancer's memory",
  },
};

/** What lies directly in src/. */
const MAIN: Layer = {
  layers: ['cli'],
  node: 'none',
  packages: ['commander'],
  because: 'it turns argv into a command; nothing else',
};

/** Exceptions, each with its reason. One that is no longer needed is reported. */
export const ALLOWED: readonly { readonly file: string; readonly imports: string; readonly why: string }[] = [];

function pure(layers: readonly string[], because: string): Layer {
  return { layers, node: 'none', packages: [], because };
}

/** The layer of a file under src/, 'main' for a file directly in it, null elsewhere. */
export function layerOf(file: string): string | null {
  const parts = file.split('/');
  if (parts[0] !== 'src') return null;
  return parts.length === 2 ? 'main' : parts[1]!;
}

/** Where an import leads, as a path from the repository's root, or as it stands for a module of Node or npm. */
export function resolveImport(file: string, specifier: string): string {
  if (specifier.startsWith('#')) return `src/${specifier.slice(1)}`;
  if (specifier.startsWith('.')) return normalize(join(dirname(file), specifier));
  return specifier;
}

/** Null when the import is allowed, else what is wrong and what would be right. */
export function importProblem(file: string, { specifier, url }: Import): string | null {
  const from = layerOf(file);
  if (from === null) return null;
  const target = resolveImport(file, specifier);
  const to = layerOf(target);
  const layer = from === 'main' ? MAIN : LAYERS[from];
  if (layer === undefined) return `src/${from}/ is not a layer: give it a row in test/support/tidy/layers.ts`;

  if (to !== null) {
    if (to === from) return null;
    if (specifier.startsWith('.') && !url)
      return `import another layer by its name (#${target.slice(4)}), not by a relative path`;
    if (layer.layers.includes(to)) return null;
    return `${from} may not import ${to}, only ${layer.layers.join(', ') || 'itself'}: ${layer.because}`;
  }
  if (specifier.startsWith('.')) return `src/ imports nothing from outside itself`;
  if (specifier.startsWith('node:')) return nodeProblem(from, layer, specifier.slice(5));
  if (layer.packages === 'all') return null;
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  if (layer.packages.includes(name)) return null;
  return `${from} may not import the package ${name}: ${layer.because}`;
}

function nodeProblem(from: string, layer: Layer, module: string): string | null {
  if (layer.node === 'all') return null;
  if (layer.node !== 'none' && !layer.node.not.includes(module)) return null;
  return `${from} may not import node:${module}: ${layer.because}`;
}

/** Layers that never touch time, chance or I/O. */
export const PURE_LAYERS: readonly string[] = Object.keys(LAYERS).filter((name) => LAYERS[name]!.node === 'none');

/** Names that bring time, chance, I/O or the environment into code that must not know them. */
export const IMPURE_NAMES: ReadonlySet<string> = new Set(
  (
    'Date performance process setTimeout setInterval setImmediate clearTimeout clearInterval clearImmediate ' +
    'queueMicrotask fetch console crypto globalThis Math.random'
  ).split(' '),
);
