import { readFileSync, readdirSync } from 'node:fs';
import { request } from 'node:http';
import { PROXY_CORE } from '../children.ts';
import type { Goal } from '../goals.ts';
import { makeDirectory } from '../places.ts';
import { startChild } from '../children.ts';
import { startOrigin } from '../origin.ts';
import { edgeBalancer } from '../peers/edgebalancer.ts';
import { freePorts } from '../ports.ts';
import { awaitAnswer } from '../probe.ts';
import { quantile } from '../statistics.ts';
import { figure, table } from '../table.ts';
import { runWrk } from '../wrk.ts';

/** What a scrape of many backends costs: run time of the main thread and of all others, from the request to the last byte. */

const BACKENDS = 1000;
const WORKERS = 2;
const GOAL_MS = 10;
/** Scrapes that warm the code up, and those that count. */
const WARMUP = 40;
/** Between two scrapes, so that what garbage collection and sending leave behind ends before the next. */
const REST_MS = 100;

/** Nanoseconds on the CPU: of the main thread, and of the process's others. */
interface ThreadTime {
  readonly mainNs: number;
  readonly othersNs: number;
}

export async function measureScrapes(rounds: number): Promise<{ text: string; goals: Goal[] }> {
  const origin = await startOrigin(BACKENDS);
  const [port, adminPort] = (await freePorts(2)) as [number, number];
  const directory = makeDirectory('scrape');
  const peer = edgeBalancer({ id: 'scrape', title: 'EdgeBalancer', strategy: 'round-robin' });
  const { backends } = origin;
  const command = peer.prepare({ directory, port, adminPort, backends, workers: WORKERS, connectionsMax: 64 });
  const child = startChild(command, directory, PROXY_CORE);
  try {
    await awaitAnswer({ host: '127.0.0.1', port, path: '/proxy/', child, what: 'EdgeBalancer' });
    // Round robin: each backend has had some hundred requests then.
    await runWrk({ url: `http://127.0.0.1:${port}/proxy/`, connections: 64, seconds: 5, fields: [] });
    const rows: string[][] = [];
    const goals: Goal[] = [];
    for (const [form, accept] of [
      ['text', 'text/plain'],
      ['OpenMetrics', 'application/openmetrics-text'],
    ] as const) {
      const samples = await scrapes(child.pid, adminPort, accept, rounds);
      const main = sorted(samples.map(({ mainNs }) => mainNs / 1e6));
      const others = sorted(samples.map(({ othersNs }) => othersNs / 1e6));
      const { bytes, lines } = samples[0]!;
      rows.push([
        form,
        String(lines),
        figure(bytes / 1e6),
        ...[0.5, 0.9, 1].map((share) => figure(quantile(main, share))),
        figure(quantile(others, 0.5)),
      ]);
      goals.push({
        what: `supervisor's CPU for a scrape of 1,000 backends (${form}, median)`,
        bound: 'at most',
        goal: GOAL_MS,
        measured: quantile(main, 0.5),
        unit: 'ms',
      });
    }
    const head = ['form', 'lines', 'MB', 'main thread p50 ms', 'p90', 'max', 'other threads p50 ms'];
    const text = `### Scrapes of ${BACKENDS} backends\n\nMilliseconds of CPU for each of ${rounds} scrapes of the admin address, HTTP and sending included; ${WORKERS} workers, every backend has had requests. Other threads: workers, which only turn their clocks meanwhile, and Node's own, which collect garbage and compile.\n\n${table(head, rows)}`;
    return { text, goals };
  } finally {
    await child.kill();
    await origin.child.kill();
  }
}

async function scrapes(
  pid: number,
  port: number,
  accept: string,
  rounds: number,
): Promise<(ThreadTime & { readonly bytes: number; readonly lines: number })[]> {
  const samples = [];
  for (let round = 0; round < WARMUP + rounds; round++) {
    await new Promise((resolve) => setTimeout(resolve, REST_MS));
    const before = threadTime(pid);
    const body = await get(port, accept);
    const after = threadTime(pid);
    if (round < WARMUP) continue;
    const lines = body.toString('latin1').split('\n').length - 1;
    samples.push({
      mainNs: after.mainNs - before.mainNs,
      othersNs: after.othersNs - before.othersNs,
      bytes: body.length,
      lines,
    });
  }
  return samples;
}

function threadTime(pid: number): ThreadTime {
  let mainNs = 0;
  let othersNs = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const ns = Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ')[0]);
    if (Number(thread) === pid) mainNs += ns;
    else othersNs += ns;
  }
  return { mainNs, othersNs };
}

function get(port: number, accept: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path: '/metrics', headers: { accept }, agent: false }, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('error', reject);
      answer.on('end', () => {
        if (answer.statusCode === 200) resolve(Buffer.concat(parts));
        else reject(new Error(`/metrics answered ${answer.statusCode}`));
      });
    })
      .on('error', reject)
      .end();
  });
}

function sorted(values: readonly number[]): number[] {
  return values.toSorted((a, b) => a - b);
}
