/**
 * What some tests need beyond npm: programs that Debian packages. A test declares it where it is defined,
 *
 *     test('agrees with nginx', { skip: need('nginx') }, …)
 *
 * and the runner installs what is missing before any test starts, where it may (root, with apt-get). Where it may not,
 * the test is skipped and says which package it wanted.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Command to Debian package. */
const PACKAGES = {
  nginx: 'nginx-light',
  haproxy: 'haproxy',
  caddy: 'caddy',
  wrk: 'wrk',
  h2load: 'nghttp2-client',
  'redis-server': 'redis-server',
  chromium: 'chromium',
  curl: 'curl',
  openssl: 'openssl',
  prometheus: 'prometheus',
  promtool: 'prometheus',
  zsh: 'zsh',
  fish: 'fish',
} as const;
export type Command = keyof typeof PACKAGES;

/** For a test's `skip` option: false when the command is there, else the reason that is printed. */
export function need(command: Command): false | string {
  if (whereIs(command) !== null) return false;
  return `needs ${command} (Debian package ${PACKAGES[command]})`;
}

/** The command's full path, or null. Servers live in sbin, which is not always on a user's PATH. */
export function whereIs(command: string): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin'];
  for (const folder of folders) {
    const path = join(folder, command);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not in this folder.
    }
  }
  return null;
}

/** The commands that a test file's text declares with `need('…')`. */
export function declaredNeeds(source: string): Command[] {
  const found = new Set<Command>();
  for (const match of source.matchAll(/\bneed\(\s*'([\w-]+)'/g)) {
    const name = match[1] ?? '';
    if (name in PACKAGES) found.add(name as Command);
  }
  return [...found];
}

/** Installs what is missing, where it may; returns one line for the reader, or null when nothing was missing. */
export function install(commands: readonly Command[]): string | null {
  const packages = commands.filter((command) => whereIs(command) === null).map((command) => PACKAGES[command]);
  if (packages.length === 0) return null;
  const names = packages.join(', ');
  if (process.getuid?.() !== 0 || whereIs('apt-get') === null) {
    return `not installed (that takes root and apt-get): ${names}`;
  }
  // RUNLEVEL=1 keeps the packages' own services from starting.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const apt = (...args: string[]) =>
    spawnSync('apt-get', ['-qq', ...args], { env, stdio: 'ignore', timeout: 300_000 }).status === 0;
  const installed =
    apt('install', '-y', '--no-install-recommends', ...packages) ||
    (apt('update') && apt('install', '-y', '--no-install-recommends', ...packages));
  return installed ? `installed ${names}` : `apt-get could not install ${names}`;
}
