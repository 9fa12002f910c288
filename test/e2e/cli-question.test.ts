/** A change at a real terminal: the question is asked there, and only a yes is one. */
import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { fixedAdmin } from '../support/fixed-admin.ts';
import { BIN, Terminal, TERMINAL_SKIP } from '../support/terminal.ts';

async function asking(t: TestContext): Promise<{ terminal: Terminal; changes: () => number }> {
  const { url, asked } = await fixedAdmin(t);
  const terminal = new Terminal(t, `"${process.execPath}" "${BIN}" backends weight app a 3`, {
    EDGEBALANCER_ADMIN: url,
  });
  await terminal.shows(/weight: 1 -> 3\s+Do it\? \[y\/N\] /);
  return { terminal, changes: () => asked.filter((one) => !one.url.includes('dryRun')).length };
}

describe('the question at a terminal', { skip: TERMINAL_SKIP }, () => {
  test('y does it', async (t) => {
    const { terminal, changes } = await asking(t);
    terminal.press('y\r');
    assert.equal(await terminal.end(), 0);
    assert.equal(changes(), 1);
    assert.match(terminal.text, /Revision 8 is in force\./);
  });

  for (const [what, keys] of [
    ['n', 'n\r'],
    ['Enter alone', '\r'],
    ['Ctrl-D', '\u0004'],
    ['Ctrl-C', '\u0003'],
  ] as const) {
    test(`${what} does not`, async (t) => {
      const { terminal, changes } = await asking(t);
      terminal.press(keys);
      assert.equal(await terminal.end(), 1);
      assert.equal(changes(), 0);
      assert.match(terminal.text, /Nothing was changed\./);
    });
  }
});
