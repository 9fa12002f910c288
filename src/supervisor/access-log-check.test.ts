import assert from 'node:assert/strict';
import fs, { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import type { AccessLogPlan } from '#core/plan-failures.ts';
import { temporaryDirectory } from '../../test/support/program.ts';
import { checkAccessLog } from './access-log-check.ts';

const check = (to: string): void => checkAccessLog({ to } as AccessLogPlan);

test('a log that is missing is not created by asking whether it could be', (t) => {
  const to = join(temporaryDirectory(t), 'access.log');
  check(to);
  assert.equal(existsSync(to), false);
});

test('what cannot be written to is told in a sentence', (t) => {
  const dir = temporaryDirectory(t);
  assert.throws(
    () => check(join(dir, 'none/access.log')),
    /Access log \(log\.access\.to\): .* does not exist; create it\./,
  );
  assert.throws(() => check(dir), /it is a directory; name a file in it\./);
  writeFileSync(join(dir, 'file'), '');
  check(join(dir, 'file'));
  assert.throws(() => check(join(dir, 'file/access.log')), /is not a directory\./);
  check('-');
});

test('a directory that this user may not write to is told', (t) => {
  const dir = join(temporaryDirectory(t), 'closed');
  mkdirSync(dir);
  chmodSync(dir, 0o500);
  // Root may write anywhere: the system's answer to anybody else is put in its place.
  if (process.getuid?.() === 0) {
    const refused = (): never => {
      throw Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' });
    };
    t.mock.method(fs, 'accessSync', refused);
    syncBuiltinESMExports();
    t.after(() => {
      t.mock.restoreAll();
      syncBuiltinESMExports();
    });
  }
  assert.throws(() => check(join(dir, 'access.log')), /it is not permitted/);
});
