/** The end of a balancer: what runs is finished, nothing new is taken, and nothing stays behind. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test, type TestContext } from 'node:test';
import { Origin, ask } from '../support/origin.ts';
import { Program, temporaryDirectory } from '../support/program.ts';
import { RawClient } from '../support/raw-client.ts';
import { configOf, supervise } from '../support/supervised.ts';
import { until } from '../support/until.ts';

const origin = await Origin.start('a');
after(() => origin.stop());
const backends = [{ id: 'a', url: origin.url }];
const GET = 'GET /proxy/x HTTP/1.1\r\nHost: test\r\n\r\n';

describe('draining', () => {
  test('readiness ends at once, what runs is finished, new connections are refused', async (t) => {
    const { supervisor, port } = await supervise(t, { workers: 2, admin: '127.0.0.1:0', backends });
    assert.equal((await ask(supervisor.adminPort, '/readyz')).status, 200);
    origin.hold();
    const running = await RawClient.connect({ port, methods: ['GET'] });
    running.send(GET);
    await until('the request to be with its backend', () => origin.heldCount === 1);
    const done = supervisor.drain(30_000);
    const ready = await ask(supervisor.adminPort, '/readyz');
    assert.deepEqual([ready.status, JSON.parse(ready.body).reason], [503, 'draining']);
    assert.equal((await ask(supervisor.adminPort, '/healthz')).status, 200);
    await until('the port to be closed', () =>
      ask(port, '/proxy/x').then(
        () => false,
        (error) => error.code === 'ECONNREFUSED',
      ),
    );
    origin.release();
    assert.equal(await done, 0, 'nothing was cut');
    assert.match(running.received, /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\na$/);
    await until('its connection to end', () => running.closed);
    await assert.rejects(ask(supervisor.adminPort, '/readyz'), { code: 'ECONNREFUSED' });
  });

  test('what takes longer than the grace is cut', async (t) => {
    const { supervisor, port } = await supervise(t, { backends });
    origin.hold();
    const running = await RawClient.connect({ port, methods: ['GET'] });
    running.send(GET);
    await until('the request to be with its backend', () => origin.heldCount === 1);
    assert.equal(await supervisor.drain(100), 1);
    await until('the client to be told', () => running.closed || running.wasReset);
    origin.release();
  });
});

describe('edgebalancer run', () => {
  /** Runs it on a port of the system's choice; resolves when it listens. */
  async function run(t: TestContext): Promise<{ program: Program; port: number; file: string }> {
    const file = join(temporaryDirectory(t), 'edgebalancer.yaml');
    writeFileSync(file, JSON.stringify(configOf({ workers: 1, backends })));
    const program = new Program(t, ['run', file]);
    const [, port] = await program.says(/"listener":"public","address":"127\.0\.0\.1:(\d+)"/);
    return { program, port: Number(port), file };
  }

  test('SIGTERM finishes what runs, exits 0 and leaves nothing behind', async (t) => {
    const { program, port } = await run(t);
    origin.hold();
    const running = ask(port, '/proxy/x');
    await until('the request to be with its backend', () => origin.heldCount === 1);
    program.signal('SIGTERM');
    await program.says(/draining/);
    origin.release();
    assert.equal((await running).body, 'a');
    assert.equal(await program.end(), 0);
    assert.equal(program.stderr, '');
    assert.deepEqual(program.leftovers(), []);
  });

  test('a second signal ends it at once', async (t) => {
    const { program, port } = await run(t);
    origin.hold();
    const running = ask(port, '/proxy/x').then(
      () => 'answered',
      () => 'cut',
    );
    await until('the request to be with its backend', () => origin.heldCount === 1);
    program.signal('SIGINT');
    await program.says(/draining/);
    // A signal that follows within half a second is taken for the same one: npm passes a Ctrl-C on.
    await until('it to end', () => {
      program.signal('SIGINT');
      return program.ended !== null;
    });
    assert.equal(program.ended, 1);
    assert.equal(await running, 'cut');
    assert.deepEqual(program.leftovers(), []);
    origin.release();
  });

  test('SIGHUP reads the file again', async (t) => {
    const { program, port, file } = await run(t);
    writeFileSync(file, JSON.stringify({ ...configOf({ workers: 1, backends }), overload: null }));
    program.signal('SIGHUP');
    await program.says(/"revision":2/);
    assert.equal((await ask(port, '/proxy/x')).body, 'a');
    program.signal('SIGTERM');
    assert.equal(await program.end(), 0);
  });

  test('a second instance on the same port is told so in one sentence', async (t) => {
    const { port, file } = await run(t);
    writeFileSync(`${file}.2`, JSON.stringify(configOf({ workers: 2, port, backends })));
    const second = new Program(t, ['run', `${file}.2`]);
    assert.equal(await second.end(), 1);
    assert.equal(
      second.stderr,
      `Listener "public": 127.0.0.1:${port} is taken by another program. Stop that program, or give this address another port.\n`,
    );
    assert.deepEqual(second.leftovers(), []);
  });

  test('so is one whose admin address is taken', async (t) => {
    const { port, file } = await run(t);
    writeFileSync(`${file}.2`, JSON.stringify(configOf({ admin: `127.0.0.1:${port}`, backends })));
    const second = new Program(t, ['run', `${file}.2`]);
    assert.equal(await second.end(), 1);
    assert.match(
      second.stderr,
      new RegExp(`^The admin API \\(admin.address\\): 127\\.0\\.0\\.1:${port} is taken.*\\.\n$`),
    );
  });

  test('an address of another machine, a bad file and no file are told, too', async (t) => {
    const { file } = await run(t);
    const told = async (config: object | null): Promise<string> => {
      if (config !== null) writeFileSync(`${file}.2`, JSON.stringify(config));
      const program = new Program(t, ['run', config === null ? `${file}.none` : `${file}.2`]);
      assert.equal(await program.end(), 1);
      assert.doesNotMatch(program.stderr, /\n\s+at /);
      return program.stderr;
    };
    const elsewhere = { ...configOf({ backends }), listeners: [{ address: '203.0.113.1:8080' }] };
    assert.match(await told(elsewhere), /203\.0\.113\.1:8080 is not an address of this machine/);
    assert.match(
      await told({ pools: { app: { backends: [origin.url] } }, wrong: 1 }),
      /^\S+:1:\d+: wrong: unknown key/,
    );
    assert.match(await told(null), /there is no such file/);
  });
});
