import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test, type TestContext } from 'node:test';
import type { RevisionEntry } from '#contract/control.ts';
import { LogRecord, VirtualTimers } from '../../../test/support/virtual-timers.ts';
import { AuditLog } from './audit-log.ts';

function directoryOf(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'eb-audit-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Closed when all tests are over; closing twice does no harm. */
const all: AuditLog[] = [];
after(() => Promise.all(all.map((audit) => audit.close())));

async function opened(directory: string | null, revisions: readonly RevisionEntry[] = []): Promise<AuditLog> {
  const audit = new AuditLog(directory, new VirtualTimers(), new LogRecord());
  await audit.open(revisions);
  all.push(audit);
  return audit;
}

const entry = (summary: string, revision: number | null = null) => ({
  by: { name: 'ops', from: '192.0.2.1' },
  action: 'config.change',
  summary,
  revision,
  ok: true,
});
const revision = (number: number, source: RevisionEntry['source'] = 'api'): RevisionEntry => ({
  revision: number,
  at: `2026-01-01T00:00:0${number}.000Z`,
  by: { name: 'ops', from: '192.0.2.1' },
  source,
  summary: `revision ${number}`,
  diff: [],
  inForce: false,
});
const told = (audit: AuditLog): string[] => audit.entries(100).map(({ summary }) => summary);

describe('the audit', () => {
  test('tells the newest first, in memory and after a restart', async (t) => {
    for (const directory of [null, directoryOf(t)]) {
      const audit = await opened(directory);
      await Promise.all(['a', 'b', 'c'].map((summary) => audit.record(entry(summary))));
      assert.deepEqual(told(audit), ['c', 'b', 'a']);
      assert.deepEqual(
        audit.entries(1).map(({ summary }) => summary),
        ['c'],
      );
      await audit.close();
      if (directory === null) continue;
      const again = await opened(directory);
      assert.deepEqual(told(again), ['c', 'b', 'a']);
      assert.equal(statSync(join(directory, 'audit.jsonl')).mode & 0o777, 0o600);
      await again.close();
    }
  });

  test('an entry is in the file before it is recorded', async (t) => {
    const directory = directoryOf(t);
    const audit = await opened(directory);
    await audit.record(entry('a'));
    const [line = ''] = readFileSync(join(directory, 'audit.jsonl'), 'utf8').split('\n');
    assert.deepEqual(JSON.parse(line), { at: '2026-01-01T00:00:00.000Z', ...entry('a') });
    await audit.close();
  });

  test('what a crash has torn off is skipped, and the next line is whole', async (t) => {
    const directory = directoryOf(t);
    const path = join(directory, 'audit.jsonl');
    const audit = await opened(directory);
    await audit.record(entry('a'));
    await audit.close();
    appendFileSync(path, '{"at":"2026-01-01T00:00:00.000Z","by":{"na');
    const again = await opened(directory);
    await again.record(entry('b'));
    await again.close();
    assert.deepEqual(told(await opened(directory)), ['b', 'a']);
  });

  test('a revision that a crash left without its line gets one, once', async (t) => {
    const directory = directoryOf(t);
    const audit = await opened(directory);
    await audit.record(entry('by the call', 1));
    await audit.close();
    const revisions = [revision(3, 'rollback'), revision(2), revision(1)];
    for (let start = 0; start < 2; start++) {
      const again = await opened(directory, revisions);
      assert.deepEqual(told(again), ['revision 3', 'revision 2', 'by the call']);
      assert.equal(again.entries(1)[0]?.action, 'config.rollback');
      await again.close();
    }
  });

  test('while it runs, only revisions of a file are told: calls tell of their own', async () => {
    const audit = await opened(null, [revision(1, 'file')]);
    await audit.reconcile([revision(3), revision(2, 'file'), revision(1, 'file')]);
    await audit.record(entry('by the call', 3));
    await audit.reconcile([revision(3), revision(2, 'file'), revision(1, 'file')]);
    assert.deepEqual(told(audit), ['by the call', 'revision 2', 'revision 1']);
  });

  test('a file that has grown too large makes room, and one before it stays', async (t) => {
    const directory = directoryOf(t);
    const path = join(directory, 'audit.jsonl');
    writeFileSync(
      path,
      `${JSON.stringify({ at: '2026-01-01T00:00:00.000Z', ...entry('old') })}\n${' '.repeat(8 * 1024 * 1024)}\n`,
    );
    const audit = await opened(directory);
    await audit.record(entry('new'));
    assert.deepEqual(told(audit), ['new', 'old']);
    await audit.close();
    assert.ok(statSync(path).size < 1000);
    assert.ok(statSync(`${path}.1`).size > 8 * 1024 * 1024);
    const again = await opened(directory);
    assert.deepEqual(told(again), ['new', 'old']);
    await again.close();
  });

  test('is bounded in memory, and so is each entry', async () => {
    const audit = await opened(null);
    for (let at = 0; at < 3000; at++) await audit.record(entry(at === 2999 ? 'x'.repeat(5000) : String(at)));
    const entries = audit.entries(5000);
    assert.equal(entries.length, 1000);
    assert.equal(entries[0]?.summary.length, 1000);
  });

  test('where it cannot be written, it says so, and rejects', async (t) => {
    const directory = directoryOf(t);
    writeFileSync(join(directory, 'file'), '');
    const log = new LogRecord();
    const audit = new AuditLog(join(directory, 'file', 'state'), new VirtualTimers(), log);
    await audit.open([]);
    assert.equal(log.lines.length, 1);
    await assert.rejects(audit.record(entry('a')));
  });
});
