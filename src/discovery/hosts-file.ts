/**
 * Names that the machine itself gives addresses to. They come before DNS, as everywhere else on the machine: containers are
 * often told of their neighbours by this file alone.
 */
import { readFile } from 'node:fs/promises';

const FILE = '/etc/hosts';

/** Whether the hosts file names `host`. */
export async function inHostsFile(host: string): Promise<boolean> {
  try {
    return hostsFileNames(await readFile(FILE, 'utf8')).has(host.toLowerCase());
  } catch {
    return false;
  }
}

/** All names in the text of a hosts file, in lower case. */
export function hostsFileNames(text: string): Set<string> {
  const names = new Set<string>();
  for (const line of text.split('\n')) {
    const [, ...found] = line.replace(/#.*/, '').trim().split(/\s+/);
    for (const name of found) names.add(name.toLowerCase());
  }
  return names;
}
