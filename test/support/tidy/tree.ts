/** The repository's own files, as paths from its root with forward slashes. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../../..');

/** Folders that npm, git, tools and runs fill. */
const NOT_OURS = new Set(['node_modules', '.git', 'dist', '.edgebalancer', '.work', 'coverage']);
const TEXT =
  /\.(ts|tsx|js|mjs|json|md|ya?ml|css|html|sh|svg|txt)$|^[^.]*$|^\.(editorconfig|gitignore|gitattributes|npmrc)$/;

export function filesOf(root: string): string[] {
  const found: string[] = [];
  const walk = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      if (NOT_OURS.has(entry.name)) continue;
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) walk(path);
      else if (entry.isFile() && TEXT.test(entry.name)) found.push(path);
    }
  };
  walk('');
  return found.sort();
}

export function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

export function exists(path: string): boolean {
  return statSync(join(ROOT, path), { throwIfNoEntry: false }) !== undefined;
}
