/** `edgebalancer top` in a real pseudo terminal: what is drawn, what keys do, and that the terminal is given back. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { administer, OPERATOR } from '../support/admin-client.ts';
import { runCommand } from '../support/command-run.ts';
import { fixedAdmin, METRICS } from '../support/fixed-admin.ts';
import { temporaryDirectory } from '../support/program.ts';
import { BIN, Terminal, TERMINAL_SKIP } from '../support/terminal.ts';

const topIn = (t: TestContext, url: string, env: Record<string, string> = {}): Terminal =>
  new Terminal(t, `"${process.execPath}" "${BIN}" top --every 0.2`, {
    EDGEBALANCER_ADMIN: url,
    EDGEBALANCER_TOKEN: OPERATOR,
    ...env,
  });

describe('top in a terminal', { skip: TERMINAL_SKIP }, () => {
  test('keys change a running balancer, each only after y, and u undoes', async (t) => {
    const backends = ['a', 'b'].map((id, at) => ({ id, url: `http://127.0.0.1:${9 + at}` }));
    const { adminPort, operate } = await administer(t, { backends });
    const second = async () => (await operate('GET', '/admin/backends')).data.pools[0].backends[1];
    const terminal = topIn(t, `http://127.0.0.1:${adminPort}`);
    await terminal.shows(/▸ a /);
    terminal.press('\u001b[B');
    await terminal.shows(/▸ b /);
    terminal.press('d');
    await terminal.shows(/pools\.app\.backends\.b\.state: active -> draining[^]*Drain app\/b\? y does it/);
    assert.notEqual((await second()).state, 'draining');
    terminal.press('n');
    await terminal.shows(/Nothing was changed\./);
    terminal.press('d');
    await terminal.shows(/Drain app\/b\? y does it/);
    terminal.press('y');
    await terminal.shows(/Drain app\/b: done\. Revision 2 is in force\./);
    await terminal.shows(/▸ b +▽ draining/);
    assert.equal((await second()).state, 'draining');
    terminal.press('w');
    await terminal.shows(/Weight of app\/b, now 1: /);
    terminal.press('2.5\r');
    await terminal.shows(/weight: 1 -> 2\.5/);
    terminal.press('y');
    await terminal.shows(/Revision 3 is in force/);
    assert.equal((await second()).weight, 2.5);
    terminal.press('u');
    await terminal.shows(/Undo the last change\? y does it/);
    terminal.press('y');
    await terminal.shows(/Revision 4 is in force/);
    assert.equal((await second()).weight, 1);
    terminal.press('s');
    await terminal.shows(/Strategy of app:[^]*▸ round-robin/);
    terminal.press('\u001b');
    await terminal.shows(/u undo/);
    terminal.press('?');
    await terminal.shows(/maintenance: as drain/);
    terminal.press('x');
    await terminal.shows(/▸ b /);
    terminal.press('q');
    assert.equal(await terminal.end(), 0);
  });

  test('Ctrl-C leaves', async (t) => {
    const { url } = await fixedAdmin(t);
    const terminal = topIn(t, url);
    await terminal.shows(/▸ a /);
    terminal.press('\u0003');
    assert.equal(await terminal.end(), 0);
  });

  test('a signal gives the terminal back', async (t) => {
    const { url } = await fixedAdmin(t);
    const pid = join(temporaryDirectory(t), 'pid');
    // The shell says its number and becomes the program.
    const terminal = new Terminal(t, `sh -c 'echo $$ > "$0"; exec "$@"' "${pid}" "${process.execPath}" "${BIN}" top`, {
      EDGEBALANCER_ADMIN: url,
    });
    await terminal.shows(/▸ a /);
    process.kill(Number(readFileSync(pid, 'utf8')), 'SIGTERM');
    assert.equal(await terminal.end(), 128 + 15);
  });

  test('it follows the size of the terminal', async (t) => {
    const { url } = await fixedAdmin(t);
    const terminal = topIn(t, url);
    await terminal.shows(/u undo {2}\? q quit/);
    // The terminal's other end belongs to `script`; the name of this one is found among the program's descriptors.
    const own = readdirSync('/proc').filter((name) => {
      if (!/^\d+$/.test(name)) return false;
      try {
        const words = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0');
        return (
          words.includes(BIN) && words.includes('top') && readFileSync(`/proc/${name}/environ`, 'utf8').includes(url)
        );
      } catch {
        return false;
      }
    });
    const tty = own.map((name) => readlinkSync(`/proc/${name}/fd/1`)).find((name) => name.startsWith('/dev/pts/'));
    assert.ok(tty !== undefined);
    assert.equal(spawnSync('stty', ['-F', tty, 'cols', '50']).status, 0);
    await terminal.shows(/↑↓ d m a w s u {2}\? help {2}q quit/);
    terminal.press('q');
    assert.equal(await terminal.end(), 0);
  });

  test('NO_COLOR: no colours, and the states still have shapes and words', async (t) => {
    const { url } = await fixedAdmin(t);
    const terminal = topIn(t, url, { NO_COLOR: '1' });
    await terminal.shows(/✗ unhealthy +OPEN/);
    terminal.press('q');
    assert.equal(await terminal.end(), 0);
    assert.ok(!/\u001b\[[\d;]*m/.test(terminal.text));
  });

  test('what it cannot reach is said before the screen is taken', async (t) => {
    const terminal = topIn(t, 'http://127.0.0.1:1');
    assert.equal(await terminal.end(), 1);
    assert.ok(!terminal.text.includes('\u001b[?1049h'));
    assert.match(terminal.text, /No answer from http:\/\/127\.0\.0\.1:1/);
  });

  test('a balancer that goes away is told, and its last figures stay', async (t) => {
    let gone = false;
    const { url } = await fixedAdmin(t, () => (gone ? { status: 502, body: '' } : undefined));
    const terminal = topIn(t, url);
    await terminal.shows(/▸ a /);
    gone = true;
    await terminal.shows(/✗ .*answered 502[^]*▸ a /);
    gone = false;
    await terminal.shows(/revision 7 [^]*▸ a (?![^]*✗ http)/);
    terminal.press('q');
    assert.equal(await terminal.end(), 0);
  });
});

describe('top without a terminal', () => {
  test('--once prints one frame with rates; --json what a look finds', async (t) => {
    let total = 0;
    const { url } = await fixedAdmin(t, ({ url: path }) =>
      path === '/admin/metrics' ? { status: 200, body: { ...METRICS, totalRequests: (total += 1000) } } : undefined,
    );
    const { code, out } = await runCommand(['top', '--once', '--every', '0.1', '--admin', url]);
    assert.equal(code, 0);
    const [, figures] = out.split('\n');
    assert.match(figures!, /^[1-9]\d+\/s {2}in flight 5 /);
    assert.match(out, /\n {2}c +✗ unhealthy +OPEN /);
    assert.ok(!out.includes('\u001b'));
    const json = await runCommand(['top', '--json', '--admin', url]);
    assert.deepEqual(Object.keys(JSON.parse(json.out)), ['overview', 'metrics', 'backends']);
  });
});
