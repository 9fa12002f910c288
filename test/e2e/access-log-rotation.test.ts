/** The access log's file moved away under load, as logrotate does it, and lines in formats of other servers. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { balancer, linesOf, terminate } from '../support/access-log.ts';
import { ask, Origin } from '../support/origin.ts';
import { temporaryDirectory } from '../support/program.ts';
import { until } from '../support/until.ts';

async function origin(t: TestContext): Promise<Origin> {
  const started = await Origin.start('a');
  t.after(() => started.stop());
  return started;
}

test('SIGUSR1 goes on in a new file, and no line is lost or torn', async (t) => {
  const a = await origin(t);
  const path = join(temporaryDirectory(t), 'access.log');
  const running = await balancer(t, [a.url], { to: path });
  const rotated: string[] = [];
  const asked: string[] = [];
  for (let round = 0; round < 5; round++) {
    const burst = Array.from({ length: 100 }, (_, at) => `/proxy/${round}-${at}`);
    asked.push(...burst);
    const answers = burst.map((target) => ask(running.port, target));
    const moved = `${path}.${round}`;
    renameSync(path, moved);
    rotated.push(moved);
    running.signal('SIGUSR1');
    for (const { status } of await Promise.all(answers)) assert.equal(status, 200);
    await until('the new file', () => existsSync(path));
  }
  await terminate(running);
  const targets = [...rotated, path].flatMap((file) => linesOf(file)).map(({ target = '' }) => target);
  assert.deepEqual(targets.toSorted(), asked.toSorted());
  assert.ok(linesOf(path).length > 0 || linesOf(rotated[4] ?? '').length > 0);
  assert.equal(statSync(path).mode & 0o007, 0);
});

test('a template reaches the file, without secrets', async (t) => {
  const a = await origin(t);
  const path = join(temporaryDirectory(t), 'access.log');
  const running = await balancer(t, [a.url], {
    to: path,
    format: { template: '$method $target -> $status by $backend' },
  });
  await ask(running.port, '/proxy/one?api_key=1');
  await until('its line', () => readFileSync(path, 'utf8') !== '');
  assert.equal(readFileSync(path, 'utf8'), `GET /proxy/one?api_key=REDACTED -> 200 by ${new URL(a.url).host}\n`);
  await terminate(running);
});
