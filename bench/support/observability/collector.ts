import { join } from 'node:path';
import { LOAD_CORE, startChild, type Child } from '../children.ts';
import { makeDirectory } from '../places.ts';
import { freePort } from '../ports.ts';
import { awaitAnswer } from '../probe.ts';

/** A running collector of traces (collector-process.ts), on the load's core. */
export interface Collector {
  readonly url: string;
  readonly child: Child;
  readonly received: () => Promise<{ readonly exports: number; readonly bytes: number }>;
}

export async function startCollector(): Promise<Collector> {
  const port = await freePort();
  const program = join(import.meta.dirname, 'collector-process.ts');
  const child = startChild(
    { file: process.execPath, args: [program, String(port)] },
    makeDirectory('collector'),
    LOAD_CORE,
  );
  await awaitAnswer({ host: '127.0.0.1', port, path: '/', child, what: 'the collector' });
  const received = async (): Promise<{ exports: number; bytes: number }> =>
    (await (await fetch(`http://127.0.0.1:${port}/`)).json()) as { exports: number; bytes: number };
  return { url: `http://127.0.0.1:${port}/v1/traces`, child, received };
}
