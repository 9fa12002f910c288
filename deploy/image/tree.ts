/**
 * The files of the image, laid out below a folder as the Dockerfile lays them out, with the Node that runs this in the place of
 * the base's. For machines without a container engine.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, copyFileSync, cpSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const REPOSITORY = join(import.meta.dirname, '../..');
export const USER = 65532;

export interface Tree {
  readonly root: string;
  /** Bytes by part. */
  readonly bytes: Readonly<Record<string, number>>;
}

/** `modules`: production dependencies that are there already; null: they are installed from the lock file. */
export function layTree(root: string, modules: string | null): Tree {
  const app = join(root, 'app');
  mkdirSync(app, { recursive: true });
  chmodSync(root, 0o755);
  for (const name of ['package.json', 'package-lock.json', 'LICENSE', 'bin', 'src', 'web/dist', 'web/package.json'])
    cpSync(join(REPOSITORY, name), join(app, name), { recursive: true, filter: (path) => !path.endsWith('.test.ts') });
  if (modules === null) {
    const options = [
      '--omit=dev',
      '--omit=optional',
      '--workspaces=false',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
    ];
    execFileSync('npm', ['ci', ...options], { cwd: app, stdio: ['ignore', 'ignore', 'inherit'] });
  } else cpSync(modules, join(app, 'node_modules'), { recursive: true });
  placeNode(root);
  mkdirSync(join(root, 'etc/edgebalancer'), { recursive: true });
  cpSync(join(REPOSITORY, 'deploy/image/edgebalancer.yaml'), join(root, 'etc/edgebalancer/edgebalancer.yaml'));
  writeFileSync(join(root, 'etc/hosts'), '127.0.0.1 localhost\n');
  for (const name of ['var/lib/edgebalancer', 'tmp']) {
    mkdirSync(join(root, name), { recursive: true });
    chownSync(join(root, name), USER, USER);
  }
  for (const name of ['proc', 'dev']) mkdirSync(join(root, name));
  return {
    root,
    bytes: {
      'node_modules (production)': size(join(app, 'node_modules')),
      'src and dashboard': size(join(app, 'src')) + size(join(app, 'web')),
      'Node and its libraries': size(join(root, 'usr')) + size(join(root, 'lib')) + size(join(root, 'lib64')),
    },
  };
}

/** The program and the libraries that it is linked with. */
function placeNode(root: string): void {
  const place = (from: string, to: string): void => {
    mkdirSync(dirname(join(root, to)), { recursive: true });
    copyFileSync(realpathSync(from), join(root, to));
    chmodSync(join(root, to), 0o755);
  };
  place(process.execPath, 'usr/local/bin/node');
  const linked = execFileSync('ldd', [process.execPath], { encoding: 'utf8' });
  for (const [path] of linked.matchAll(/\/\S+\.so\S*/g)) place(path, path);
}

function size(path: string): number {
  try {
    return Number(
      execFileSync('du', ['-sb', path], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).split('\t')[0],
    );
  } catch {
    return 0;
  }
}
