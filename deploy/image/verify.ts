/**
 * Proves of the image what can be proved without a container engine: its file tree in a clean root, under its user, read-only.
 * It starts, serves through /proxy/, its health check passes, nothing but the state directory and /tmp can be written, and
 * SIGTERM lets a request that runs finish, and ends it with 0.
 *
 *     node deploy/image/verify.ts            # production dependencies from the lock file, as the Dockerfile has them
 *     node deploy/image/verify.ts --quick    # those of this clone, for tests: more than the image has
 */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, get } from 'node:http';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cleanRootRefusal, runInCleanRoot } from './clean-root.ts';
import { layTree } from './tree.ts';

const START_MS = 30_000;
const HELD_MS = 1_000;

export interface Verdict {
  readonly checks: readonly { readonly what: string; readonly ok: boolean }[];
  readonly bytes: Readonly<Record<string, number>>;
  /** What the process said, for whoever has to find out why. */
  readonly output: string;
}

/** Throws `cleanRootRefusal()` where it cannot be done. */
export async function verify(modules: string | null): Promise<Verdict> {
  const refusal = cleanRootRefusal();
  if (refusal !== '') throw new Error(refusal);
  const root = mkdtempSync(join(tmpdir(), 'edgebalancer-image-'));
  const origin = createServer((request, answer) => {
    setTimeout(() => answer.end('from the origin'), request.url === '/held' ? HELD_MS : 0);
  });
  origin.listen(0, '127.0.0.1');
  await once(origin, 'listening');
  try {
    const { bytes } = layTree(root, modules);
    const port = await freePort();
    writeFileSync(
      join(root, 'etc/edgebalancer/edgebalancer.yaml'),
      configuration(port, origin.address() as AddressInfo),
    );
    return { ...(await checked(root, port)), bytes };
  } finally {
    origin.closeAllConnections();
    origin.close();
    rmSync(root, { recursive: true, force: true });
  }
}

/** Of the image, but for the port and the backend. */
function configuration(port: number, origin: AddressInfo): string {
  return JSON.stringify({
    listeners: [{ name: 'public', address: `127.0.0.1:${port}` }],
    routes: [
      { name: 'app', match: { path: '/proxy/' }, stripPrefix: '/proxy', pool: 'app' },
      { name: 'control', match: { path: '/' }, controlPlane: true },
    ],
    pools: { app: { health: null, backends: [`http://127.0.0.1:${origin.port}`] } },
    admin: { address: null },
    state: { dir: '/var/lib/edgebalancer' },
  });
}

async function checked(root: string, port: number): Promise<Omit<Verdict, 'bytes'>> {
  const env = {
    PATH: '/usr/local/bin',
    NODE_ENV: 'production',
    NODE_COMPILE_CACHE: '/tmp/edgebalancer-code',
    HOME: '/tmp',
  };
  const run = (...args: string[]) => runInCleanRoot({ root, env, args });
  const child = run('/app/bin/edgebalancer.js', 'run', '/etc/edgebalancer/edgebalancer.yaml');
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (part: Buffer) => (output += part.toString()));
  const exited = once(child, 'exit') as Promise<[number | null, string | null]>;
  const checks: { what: string; ok: boolean }[] = [];
  const check = (what: string, ok: boolean): void => void checks.push({ what, ok });
  const started = await Promise.race([untilAnswers(port), exited.then(() => false)]);
  if (!started) console.error(output);
  check('it starts, and serves through /proxy/', started && (await body(port, '/proxy/')) === 'from the origin');
  check('the dashboard is there', started && (await body(port, '/')).includes('<html'));
  const healthy = run('/app/bin/healthcheck.js', `http://127.0.0.1:${port}/healthz`);
  check('its health check passes', (await codeOf(healthy)) === 0);
  const sick = run('/app/bin/healthcheck.js', 'http://127.0.0.1:9/healthz');
  check('and fails where nothing answers', (await codeOf(sick)) === 1);
  const probe = `const fs=require('node:fs');const can=p=>{try{fs.writeFileSync(p,'x');return 1}catch{return 0}};
    const id=[process.getuid(),process.getgid(),...process.getgroups()];
    const caps=/CapEff:\\s*(\\w+)/.exec(fs.readFileSync('/proc/self/status','utf8'))[1];
    process.exit(can('/app/x')+can('/etc/x')+can('/x')===0&&can('/tmp/x')+can('/var/lib/edgebalancer/x')===2&&id.every(i=>i===65532)&&/^0+$/.test(caps)?0:1)`;
  check('its user owns nothing and may do nothing; only /tmp and the state can be written', (await codeOf(run('-e', probe))) === 0); // prettier-ignore
  if (!started) child.kill('SIGKILL');
  const held = started ? body(port, '/proxy/held') : Promise.resolve('');
  await new Promise((resolve) => setTimeout(resolve, HELD_MS / 4));
  // To the program itself, as an engine sends it: `unshare` and the shell are the engine's part here.
  if (started && child.pid !== undefined) signalLeaf(child.pid);
  check('SIGTERM lets what runs finish', (await held) === 'from the origin');
  const [code] = await exited;
  check('and it ends with 0', code === 0);
  return { checks, output };
}

/** The last of a chain of processes that each have one child. */
function signalLeaf(pid: number): void {
  let leaf = pid;
  for (;;) {
    const children = childrenOf(leaf);
    if (children.length === 0) break;
    leaf = children[0] as number;
  }
  process.kill(leaf, 'SIGTERM');
}

function childrenOf(pid: number): number[] {
  return execFileSync('sh', ['-c', `cat /proc/${pid}/task/*/children 2>/dev/null || true`], { encoding: 'utf8' })
    .trim()
    .split(/\s+/)
    .filter((text) => text !== '')
    .map(Number);
}

async function codeOf(child: ReturnType<typeof runInCleanRoot>): Promise<number | null> {
  const [code] = (await once(child, 'exit')) as [number | null];
  return code;
}

async function untilAnswers(port: number): Promise<boolean> {
  const end = performance.now() + START_MS;
  while (performance.now() < end) {
    if ((await body(port, '/healthz')) !== '') return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}

/** Empty when there is no answer of 200. */
function body(port: number, path: string): Promise<string> {
  return new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, path, agent: false, headers: { accept: 'text/html' } }, (answer) => {
      let text = '';
      answer.on('data', (part: Buffer) => (text += part.toString()));
      answer.on('end', () => resolve(answer.statusCode === 200 ? text : ''));
    });
    request.on('error', () => resolve(''));
  });
}

async function freePort(): Promise<number> {
  const server = createTcpServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

if (import.meta.main) {
  const quick = process.argv.includes('--quick');
  const { checks, bytes, output } = await verify(quick ? join(import.meta.dirname, '../../node_modules') : null);
  for (const { what, ok } of checks) console.log(`${ok ? 'ok    ' : 'FAILED'} ${what}`);
  for (const [part, count] of Object.entries(bytes))
    console.log(`${(count / 2 ** 20).toFixed(0).padStart(5)} MiB ${part}`);
  if (checks.some(({ ok }) => !ok)) {
    console.error(output);
    process.exitCode = 1;
  }
}
