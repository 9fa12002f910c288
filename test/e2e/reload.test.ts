/** A new configuration under traffic: nothing is dropped, what was learned stays, and a bad one changes nothing. */
import assert from 'node:assert/strict';
import { rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { FileWatch } from '#discovery/file-watch.ts';
import { readDraft } from '#supervisor/file-source.ts';
import { Supervisor } from '#supervisor/supervisor.ts';
import { Origin, ask } from '../support/origin.ts';
import { temporaryDirectory } from '../support/program.ts';
import { RawClient } from '../support/raw-client.ts';
import { configOf, draftFrom, supervise } from '../support/supervised.ts';
import { until } from '../support/until.ts';
import { LogRecord, VirtualTimers } from '../support/virtual-timers.ts';

const a = await Origin.start('a');
const b = await Origin.start('b');
after(() => Promise.all([a.stop(), b.stop()]));
const GET = 'GET /proxy/x HTTP/1.1\r\nHost: test\r\n\r\n';

describe('reload', () => {
  test('a kept connection lives through it, and its next request goes by the new plan', async (t) => {
    const { supervisor, port } = await supervise(t, { workers: 2, backends: [{ id: 'a', url: a.url }] });
    const client = await RawClient.connect({ port, methods: ['GET', 'GET'] });
    client.send(GET);
    await until('the first answer', () => client.messages.length === 1 && client.received.endsWith('a'));
    assert.equal(
      await supervisor.reload(await draftFrom(configOf({ workers: 2, backends: [{ id: 'b', url: b.url }] }))),
      true,
    );
    assert.equal(supervisor.plan.revision, 2);
    client.send(GET);
    await until('the second answer', () => client.received.endsWith('b'));
    assert.equal(client.closed, false);
    client.destroy();
  });

  test('what runs goes on under the plan it began with, and stays counted until it ends', async (t) => {
    const both = {
      backends: [
        { id: 'a', url: a.url },
        { id: 'b', url: b.url },
      ],
    };
    const { supervisor, port } = await supervise(t, { backends: [{ id: 'a', url: a.url }] });
    const slot = supervisor.plan.pools[0]?.backends[0]?.slot as number;
    a.hold();
    const running = ask(port, '/proxy/x');
    await until('the request to be with its backend', () => a.heldCount === 1);
    await supervisor.reload(await draftFrom(configOf({ backends: [{ id: 'b', url: b.url }] })));
    assert.equal((await ask(port, '/proxy/x')).body, 'b');
    assert.equal(supervisor.tables.slots.total[slot], 1);
    await supervisor.reload(await draftFrom(configOf(both)));
    assert.equal(supervisor.plan.pools[0]?.backends[0]?.slot, slot, 'a backend that comes back has its slot again');
    assert.equal(supervisor.tables.slots.total[slot], 1, 'and what is in flight there');
    a.release();
    assert.equal((await running).body, 'a');
    await until('the count to go down', () => supervisor.tables.slots.total[slot] === 0);
  });

  test('another weight changes nothing that was found out about a backend', async (t) => {
    const weighted = (weight: number) => ({ health: { interval: '60s' }, backends: [{ id: 'a', url: a.url, weight }] });
    const { supervisor, port } = await supervise(t, weighted(1));
    const state = async (): Promise<string> =>
      JSON.parse((await ask(port, '/admin/backends')).body).pools[0].backends[0].state;
    await until('the first probe', async () => (await state()) === 'healthy');
    await ask(port, '/proxy/x');
    const probes = a.probes;
    await supervisor.reload(await draftFrom(configOf(weighted(7))));
    const answer = JSON.parse((await ask(port, '/admin/backends')).body).pools[0].backends[0];
    assert.deepEqual([answer.state, answer.weight, answer.requests], ['healthy', 7, 1]);
    assert.equal(a.probes, probes);
  });

  test('more workers are started; fewer, or another address, are refused with a sentence', async (t) => {
    const backends = [{ id: 'a', url: a.url }];
    const { supervisor, port, log } = await supervise(t, { workers: 1, backends });
    assert.equal(await supervisor.reload(await draftFrom(configOf({ workers: 2, backends }))), true);
    assert.deepEqual(
      supervisor.workers.map((worker) => worker.state),
      ['listening', 'listening'],
    );
    assert.equal(await supervisor.reload(await draftFrom(configOf({ workers: 1, backends }))), false);
    assert.equal(await supervisor.reload(await draftFrom(configOf({ workers: 2, backends, port: 1 }))), false);
    const errors = log.lines.filter((line) => line.startsWith('error'));
    assert.match(errors.join('\n'), /shrink from 2 to 1: restart[^]*"public" would move[^]*restart/);
    assert.equal(supervisor.plan.revision, 2);
    assert.equal((await ask(port, '/proxy/x')).body, 'a');
  });
});

describe('a reload that fails through a fault of the program', () => {
  test('is refused and told, and what runs goes on', async (t) => {
    const backends = [{ id: 'a', url: a.url }];
    const read = () => Promise.reject(new TypeError('a fault'));
    const { supervisor, port, log } = await supervise(t, { backends }, { read });
    assert.equal(await supervisor.reload(), false);
    const broken = { text: '{}', config: {} as never };
    assert.equal(await supervisor.reload(broken), false);
    assert.match(log.lines.join('\n'), /error TypeError: a fault[^]*error TypeError: Cannot convert/);
    assert.deepEqual(supervisor.reloads, { ok: 0, failed: 2 });
    assert.equal((await ask(port, '/proxy/x')).body, 'a');
    assert.equal(await supervisor.reload(await draftFrom(configOf({ backends }))), true);
  });
});

describe('configuration file', () => {
  test('its content is followed: a good one is taken, a bad one is told in full and changes nothing', async (t) => {
    const directory = temporaryDirectory(t);
    const file = join(directory, 'edgebalancer.yaml');
    /** As editors do it: write beside, then rename over. */
    const write = async (text: string): Promise<void> => {
      await writeFile(`${file}.new`, text);
      await rename(`${file}.new`, file);
    };
    const config = (url: string): string => JSON.stringify(configOf({ backends: [{ id: 'x', url }] }));
    await write(config(a.url));
    const read = () => readDraft(file, {});
    const { draft } = await read();
    assert.ok(draft);
    const log = new LogRecord();
    const supervisor = new Supervisor({ draft, read, file, announce: () => {}, log });
    t.after(() => supervisor.stop());
    await supervisor.start();
    const port = supervisor.ports['public'] as number;

    await write(config(b.url));
    await until('the new file to be in force', () => supervisor.plan.revision === 2);
    assert.equal((await ask(port, '/proxy/x')).body, 'b');

    await write('pools: { app: { backends: ["http://127.0.0.1:1"], wieght: 3, helth: {} } }');
    await until('the bad file to be refused', () => supervisor.reloads.failed === 1);
    const told = log.lines.filter((line) => line.startsWith('error')).join('\n');
    assert.match(told, /edgebalancer\.yaml:1:\d+: .*wieght/);
    assert.match(told, /edgebalancer\.yaml:1:\d+: .*helth/);
    assert.match(told, /the one in force stays/);
    assert.equal((await ask(port, '/proxy/x')).body, 'b');
    const metrics = (await ask(port, '/metrics')).body;
    assert.match(metrics, /^edgebalancer_config_reloads_total\{result="failed"\} 1$/m);
    assert.match(metrics, /^edgebalancer_config_revision 2$/m);
  });

  test('a change is noticed soon by its event, once, and only when the content is another', async (t) => {
    const file = join(temporaryDirectory(t), 'edgebalancer.yaml');
    await writeFile(file, 'one');
    const timers = new VirtualTimers();
    let changes = 0;
    const watch = new FileWatch(file, timers, () => (changes += 1));
    t.after(() => watch.stop());
    await watch.start();
    const polls = timers.pending;
    // By a rename, as editors do: what is read while a file is being written anew would be its empty beginning.
    const aside = join(temporaryDirectory(t), 'written');
    const replaced = async (content: string): Promise<void> => {
      await writeFile(aside, content);
      await rename(aside, file);
      await until('the event', () => timers.pending > polls);
      await timers.advance(100);
    };
    await replaced('one');
    assert.equal(changes, 0);
    await replaced('two');
    await until('the change', () => changes === 1);
    await timers.advance(60_000);
    assert.equal(changes, 1);
  });

  test('a change that no event tells of is found by looking', async (t) => {
    const elsewhere = join(temporaryDirectory(t), 'real.yaml');
    const file = join(temporaryDirectory(t), 'edgebalancer.yaml');
    await writeFile(elsewhere, 'one');
    await symlink(elsewhere, file);
    const timers = new VirtualTimers();
    let changes = 0;
    const watch = new FileWatch(file, timers, () => (changes += 1));
    t.after(() => watch.stop());
    await watch.start();
    await writeFile(elsewhere, 'two');
    await timers.advance(4_999);
    assert.equal(changes, 0);
    await timers.advance(1);
    await until('the change', () => changes === 1);
  });
});
