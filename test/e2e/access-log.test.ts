/** The access log as operators get it: `edgebalancer run` in a process of its own, to files, pipes and standard output. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync, readFileSync, readSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { balancer, configuration, linesIn, linesOf, terminate, type Line } from '../support/access-log.ts';
import type { Balancer } from '../support/balancer.ts';
import { Origin, ask } from '../support/origin.ts';
import { Program, temporaryDirectory } from '../support/program.ts';
import { RawClient } from '../support/raw-client.ts';
import { until } from '../support/until.ts';

const ENTRY = join(import.meta.dirname, '../../bin/edgebalancer.js');
/** Addresses of its own. */
const PRIVATE = {
  listeners: [{ address: '127.0.0.1:0' }],
  state: { dir: null },
  admin: { address: null, publicRead: true },
};

async function origin(t: TestContext, id: string): Promise<Origin> {
  const started = await Origin.start(id);
  t.after(() => started.stop());
  return started;
}

/** Asks for `count` targets, a few at a time, each on a connection of its own; the number of 200s. */
async function askMany(port: number, count: number, target: (at: number) => string): Promise<number> {
  let next = 0;
  let good = 0;
  const client = async (): Promise<void> => {
    while (next < count) if ((await ask(port, target(next++))).status === 200) good += 1;
  };
  await Promise.all(Array.from({ length: 16 }, client));
  return good;
}

async function metric(port: number, name: string): Promise<number> {
  const { body } = await ask(port, '/metrics');
  const found = new RegExp(`^${name}(?:\\{\\})? (\\d+)$`, 'm').exec(body);
  assert.ok(found, `${name} in ${body}`);
  return Number(found[1]);
}

const targets = (lines: readonly Line[]): string[] => lines.map(({ target = '' }) => target).toSorted();
const numbered = (count: number): string[] => Array.from({ length: count }, (_, at) => `/proxy/${at}`).toSorted();

describe('no line is lost', () => {
  test('in a file that two workers write, up to SIGTERM and what it lets finish', async (t) => {
    const a = await origin(t, 'a');
    const path = join(temporaryDirectory(t), 'access.log');
    const running = await balancer(t, [a.url], { to: path });
    assert.equal(await askMany(running.port, 500, (at) => `/proxy/${at}`), 500);
    a.hold();
    const late = Array.from({ length: 20 }, (_, at) => ask(running.port, `/proxy/${500 + at}`));
    await until('the last requests to be at the backend', () => a.heldCount === 20);
    running.signal('SIGTERM');
    await until('draining', () => running.output.includes('draining'));
    a.release();
    for (const { status } of await Promise.all(late)) assert.equal(status, 200);
    assert.equal(await running.exited(), 0);
    const lines = linesOf(path);
    assert.deepEqual(targets(lines), numbered(520));
    assert.equal(new Set(lines.map(({ id }) => id)).size, 520);
    for (const { route, pool, backend, status, attempts, traceId, bytesIn, bytesOut } of lines) {
      assert.deepEqual([route, pool, status, attempts.length], ['app', 'app', 200, 1]);
      assert.deepEqual([attempts[0]?.backend, attempts[0]?.outcome], [backend, 'success']);
      assert.match(traceId ?? '', /^[0-9a-f]{32}$/);
      assert.ok(bytesIn > 50 && bytesOut > 50);
    }
  });

  test('on standard output, among the lines of the log of the product', async (t) => {
    const a = await origin(t, 'a');
    const running = await balancer(t, [a.url], {});
    await askMany(running.port, 300, (at) => `/proxy/${at}`);
    running.signal('SIGHUP');
    await askMany(running.port, 300, (at) => `/proxy/${300 + at}`);
    await terminate(running);
    await until('the last of its output', () => running.output.includes('"drained"'));
    assert.deepEqual(targets(linesIn(running.output)), numbered(600));
  });

  test('in a file that standard output is redirected to, which all threads write', async (t) => {
    const a = await origin(t, 'a');
    const directory = temporaryDirectory(t);
    const [file, out] = [join(directory, 'edgebalancer.json'), join(directory, 'out')];
    writeFileSync(file, JSON.stringify({ ...configuration([a.url], {}), ...PRIVATE }));
    // As `> out` does it: not for appending, so that writes land where the last one ended, whoever made it.
    const stdout = openSync(out, 'w');
    const child = spawn(process.execPath, [ENTRY, 'run', file], { stdio: ['ignore', stdout, 'inherit'] });
    t.after(() => child.kill('SIGKILL'));
    t.after(() => closeSync(stdout));
    const [, port] = await until('it to listen', () =>
      /127\.0\.0\.1:(\d+)","msg":"listening"/.exec(readFileSync(out, 'utf8')),
    );
    for (let round = 0; round < 5; round++) {
      await askMany(Number(port), 100, (at) => `/proxy/${100 * round + at}`);
      child.kill('SIGHUP');
    }
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    assert.deepEqual(await ended, [0, null]);
    // So does whatever has the same output and goes on after it.
    writeSync(stdout, '{"msg":"afterwards"}\n');
    const text = readFileSync(out, 'utf8');
    assert.deepEqual(targets(linesIn(text)), numbered(500));
    assert.match(text, /^{"level".*{"msg":"afterwards"}\n$/s);
  });

  test('in a pipe that is often full', async (t) => {
    const a = await origin(t, 'a');
    const path = join(temporaryDirectory(t), 'fifo');
    execFileSync('mkfifo', [path]);
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    t.after(() => closeSync(reader));
    const running = await balancer(t, [a.url], { to: path });
    let text = '';
    const take = (most: number): boolean => {
      const part = Buffer.alloc(most);
      try {
        const length = readSync(reader, part);
        text += part.toString('utf8', 0, length);
        return length > 0;
      } catch {
        return false;
      }
    };
    // More than the pipe holds waits in both workers before anything is read, and then it is read in odd pieces.
    const filler = 'x'.repeat(500);
    assert.equal(await askMany(running.port, 600, (at) => `/proxy/${at}?${filler}`), 600);
    await until('every line', () => {
      take(1777);
      return text.split('\n').length === 601;
    });
    await terminate(running);
    assert.equal(take(1), false);
    assert.deepEqual(
      targets(linesIn(text)),
      numbered(600)
        .map((target) => `${target}?${filler}`)
        .toSorted(),
    );
  });
});

describe('a reader of standard output that sleeps', () => {
  /** Lines of this length fill every pipe and buffer soon. */
  const filler = 'x'.repeat(1900);

  test('costs lines, which are counted and told of, and no client waits', async (t) => {
    const a = await origin(t, 'a');
    const running = await balancer(t, [a.url], {});
    running.ignore();
    let asked = 0;
    let dropped = 0;
    while (dropped === 0) {
      assert.ok((asked += 500) <= 10_000, 'nothing was dropped');
      assert.equal(await askMany(running.port, 500, (at) => `/proxy/${at}?${filler}`), 500);
      dropped = await metric(running.port, 'edgebalancer_access_log_dropped_total');
    }
    // The supervisor has lines of its own for the same pipe, and goes on all the same.
    running.signal('SIGHUP');
    // The file is as it was, so that its revision stays.
    const reloads = 'edgebalancer_config_reloads_total\\{result="ok"\\}';
    await until('the reload', async () => (await metric(running.port, reloads)) === 1);
    running.listen();
    await until('both workers to tell what they have dropped', async () => {
      const told = linesIn(running.output.slice(0, running.output.lastIndexOf('\n') + 1));
      const lost = told.reduce((sum, { dropped: count = 0 }) => sum + count, 0);
      return lost === (await metric(running.port, 'edgebalancer_access_log_dropped_total')) ? lost : null;
    });
    await terminate(running);
    await until('the last of its output', () => running.output.includes('"drained"'));
    const lines = linesIn(running.output);
    const lost = lines.reduce((sum, { dropped: count = 0 }) => sum + count, 0);
    assert.ok(lost >= dropped);
    const kept = lines.filter(({ target = '' }) => target.startsWith('/proxy/')).length;
    const others = lines.filter(({ target = '' }) => target === '/metrics').length;
    assert.ok(kept + lost >= asked && kept + lost <= asked + others, `${kept} + ${lost} of ${asked}`);
  });

  test('for ever does not keep the process from ending', async (t) => {
    const a = await origin(t, 'a');
    const running = await balancer(t, [a.url], {});
    running.ignore();
    await askMany(running.port, 1500, (at) => `/proxy/${at}?${filler}`);
    await terminate(running);
  });
});

const RELOADED = 'configuration reloaded';

describe('reloading', () => {
  /** The last revision that was taken, or how often one was refused. The file's watch may have one taken a second time. */
  function told(running: Balancer, says: string): number {
    const lines = running.output.split('\n').filter((line) => line.includes(says));
    if (says !== RELOADED) return lines.length;
    return Math.max(0, ...lines.map((line) => Number(/"revision":(\d+)/.exec(line)?.[1])));
  }

  /** Writes `access` to the configuration, and waits until it is in force, or refused. */
  async function reload(running: Balancer, access: object | null, says: string): Promise<void> {
    const config = JSON.parse(readFileSync(running.file, 'utf8')) as object;
    const before = told(running, says);
    writeFileSync(running.file, JSON.stringify({ ...config, log: { access } }));
    running.signal('SIGHUP');
    await until(says, () => told(running, says) > before);
  }

  test('moves the log, changes what is sampled, ends it, and begins it anew', async (t) => {
    const a = await origin(t, 'a');
    const directory = temporaryDirectory(t);
    const [first, second] = [join(directory, 'first'), join(directory, 'second')];
    const running = await balancer(t, [a.url], { to: first });
    const step = (name: string) => askMany(running.port, 40, (at) => `/proxy/${name}/${at}`);
    const count = (path: string, name: string) =>
      linesOf(path).filter(({ target }) => target?.startsWith(`/proxy/${name}/`)).length;
    await step('first');
    await reload(running, { to: second }, RELOADED);
    await step('second');
    await reload(running, { to: second, sample: 0 }, RELOADED);
    await step('none');
    const client = await RawClient.connect({ port: running.port });
    await client.send('BAD\r\n\r\n');
    await client.untilClosed();
    await reload(running, null, RELOADED);
    await step('off');
    await reload(running, { to: first }, RELOADED);
    await step('again');
    await terminate(running);
    assert.deepEqual(
      ['first', 'second', 'none', 'off', 'again'].map((name) => [count(first, name), count(second, name)]),
      [
        [40, 0],
        [0, 40],
        [0, 0],
        [0, 0],
        [40, 0],
      ],
    );
    assert.deepEqual(
      linesOf(second).flatMap(({ fault = [] }) => fault),
      ['bad-request-line'],
    );
  });

  test('to a place that cannot be written is refused, and the log stays where it is', async (t) => {
    const a = await origin(t, 'a');
    const directory = temporaryDirectory(t);
    const path = join(directory, 'log');
    const running = await balancer(t, [a.url], { to: path });
    await reload(running, { to: join(directory, 'missing/log') }, 'the configuration was refused');
    assert.match(running.output, /Access log \(log\.access\.to\): .*missing does not exist; create it\./);
    await askMany(running.port, 10, (at) => `/proxy/${at}`);
    await terminate(running);
    assert.deepEqual(targets(linesOf(path)), numbered(10));
  });
});

test('a directory that is missing is said in one sentence at the start', async (t) => {
  const directory = temporaryDirectory(t);
  const file = join(directory, 'edgebalancer.json');
  const access = { to: join(directory, 'missing/access.log') };
  const config = { ...configuration(['http://127.0.0.1:9'], access), ...PRIVATE };
  writeFileSync(file, JSON.stringify(config));
  const program = new Program(t, ['run', file]);
  assert.equal(await program.end(), 1);
  assert.match(
    program.stderr,
    /^Access log \(log\.access\.to\): .*access\.log cannot be written to: the directory .*missing does not exist; create it\.\n$/,
  );
});
