/** Whoever spoke last wins, over restarts too; nothing is lost, merged or half done. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import {
  ACTOR,
  change,
  done,
  ENV,
  FILE,
  place,
  read,
  start,
  weight,
  weightOf,
  Workers,
  type House,
  type Place,
} from '../../../test/support/live-house.ts';
import { LogRecord, VirtualTimers } from '../../../test/support/virtual-timers.ts';
import type { ChangeResult } from '../admin/ports.ts';
import { setStrategy } from '../config/edits.ts';
import { LiveConfig } from './live-config.ts';
import { hashOf, writeRevision, type Revision } from './revision.ts';

describe('over a restart', () => {
  test('what was changed live is in force again, as long as the file is what it was', async (t) => {
    const at = place(t);
    const first = await start(t, at);
    done(await change(first.live, weight(5)));
    done(await change(first.live, (document) => setStrategy(document, 'app', 'random')));
    await first.live.close();
    const { live, log } = await start(t, at);
    assert.deepEqual([live.revision, weightOf(live)], [3, 5]);
    assert.match(log.lines.join('\n'), /info revision 3, made live, is in force/);
    const drift = live.drift();
    assert.deepEqual([drift.wins, drift.file, drift.setAside], ['live', at.file, null]);
    assert.ok(drift.diff.includes('pools.app.backends.a.weight: 5 -> 1'), drift.diff.join());
    assert.equal(done(await change(live, weight(6))).revision, 4);
  });

  test('a file that was changed meanwhile wins; what was live is set aside, and one rollback away', async (t) => {
    const at = place(t);
    const first = await start(t, at);
    done(await change(first.live, weight(5)));
    await first.live.close();
    const changed = FILE.replace('http://b:1', 'http://c:1');
    const second = await start(t, at, changed);
    assert.deepEqual([second.live.revision, weightOf(second.live)], [3, 1]);
    assert.match(second.log.lines.join('\n'), /warn the file is in force; revision 2, made live before, is set aside/);
    assert.deepEqual([second.live.drift().wins, second.live.drift().setAside], ['file', 2]);
    await second.live.close();
    // Still so at the next start, and when the file changes again.
    const third = await start(t, at, changed);
    assert.deepEqual([third.live.revision, third.live.drift().setAside], [3, 2]);
    await third.live.close();
    const fourth = await start(t, at, changed.replace('weight: 1', 'weight: 7'));
    assert.deepEqual([fourth.live.revision, fourth.live.drift().setAside, weightOf(fourth.live)], [4, 2, 7]);
    done(await fourth.live.rollback({ actor: ACTOR, ifMatch: null, dryRun: false, revision: 2 }));
    assert.deepEqual(
      [weightOf(fourth.live), fourth.live.drift().setAside, fourth.live.drift().wins],
      [5, null, 'live'],
    );
  });

  test('a start that changes nothing makes no revision', async (t) => {
    const at = place(t);
    for (let round = 0; round < 3; round++) {
      const { live } = await start(t, at);
      assert.deepEqual(
        live.revisions().map(({ revision }) => revision),
        [1],
      );
      await live.close();
    }
  });

  test('a live revision that is not valid any more is told, and the file taken', async (t) => {
    const at = place(t);
    const first = await start(t, at);
    done(await change(first.live, weight(5)));
    await first.live.close();
    const path = join(at.dir, 'config/000002.json');
    const { text, ...revision } = JSON.parse(readFileSync(path, 'utf8')) as Revision & { text: string };
    const broken = text.replace('weight', 'wieght');
    writeFileSync(path, writeRevision({ ...revision, hash: hashOf(broken) }, broken));
    const { live, log } = await start(t, at);
    assert.deepEqual([live.revision, weightOf(live), live.drift().setAside], [3, 1, 2]);
    assert.match(log.lines.join('\n'), /error revision 2, made live, is not valid any more/);
    assert.match(JSON.stringify(log.fields), /unknown key `wieght`/);
  });
});

describe('the file, while it runs', () => {
  const take = async ({ live }: House, at: Place, text: string): Promise<ChangeResult> => {
    writeFileSync(at.file as string, text);
    return live.takeFile(text, read(text), 'file');
  };

  test('is taken when it has changed, and sets aside what was made live', async (t) => {
    const at = place(t);
    const house = await start(t, at);
    done(await change(house.live, weight(5)));
    const result = done(await take(house, at, FILE.replace('weight: 1', 'weight: 8')));
    assert.deepEqual([result.revision, weightOf(house.live), house.live.drift().setAside], [3, 8, 2]);
    assert.match(house.log.lines.join('\n'), /warn .*revision 2, made live before, is set aside/);
    assert.match(house.live.drift().says, /a rollback to 2 brings it back/);
    // A later live change says something newer than both.
    done(await change(house.live, weight(9)));
    assert.deepEqual([house.live.drift().setAside, house.live.drift().wins], [null, 'live']);
  });

  test('changes nothing when it has not; workers obey once more', async (t) => {
    const at = place(t);
    const house = await start(t, at);
    done(await change(house.live, weight(5)));
    const result = done(await take(house, at, FILE));
    assert.deepEqual([result.changed, weightOf(house.live), house.live.revision], [false, 5, 2]);
    assert.deepEqual(house.workers.published, [2, 2]);
    assert.match(house.log.lines.join('\n'), /the file has not changed since; revision 2, made live, stays in force/);
  });

  test('is told of when it was refused', async (t) => {
    const at = place(t);
    const house = await start(t, at);
    house.live.fileRefused('eb.yaml:1:1: no');
    assert.match(house.live.drift().says, /was refused: eb\.yaml:1:1: no/);
    done(await take(house, at, FILE.replace('weight: 1', 'weight: 8')));
    assert.doesNotMatch(house.live.drift().says, /refused/);
  });
});

describe('saving', () => {
  const save = ({ live }: House): Promise<ChangeResult> => live.save({ actor: ACTOR, ifMatch: null, dryRun: false });

  test('writes what is in force into the file, which keeps its mode; then there is no drift', async (t) => {
    const at = place(t);
    const house = await start(t, at);
    chmodSync(at.file, 0o640);
    assert.equal(done(await save(house)).changed, false);
    done(await change(house.live, weight(5)));
    const result = done(await save(house));
    assert.deepEqual(
      [result.changed, result.revision, result.diff],
      [true, 2, ['pools.app.backends.a.weight: 1 -> 5']],
    );
    const text = readFileSync(at.file, 'utf8');
    assert.equal(text, FILE.replace('weight: 1', 'weight: 5'));
    assert.equal(statSync(at.file).mode & 0o777, 0o640);
    assert.deepEqual([house.live.drift().wins, house.live.drift().diff], ['file', []]);
    assert.equal(done(await house.live.takeFile(text, read(text), 'file')).changed, false);
    await house.live.close();
    const { live } = await start(t, at, text);
    assert.deepEqual([live.revision, live.drift().setAside, weightOf(live)], [2, null, 5]);
  });

  test('a dry run says what the saving says, in the same direction, comments included, and writes nothing', async (t) => {
    const at = place(t);
    const house = await start(t, at);
    done(await change(house.live, weight(5)));
    const tried = done(await house.live.save({ actor: ACTOR, ifMatch: null, dryRun: true }));
    assert.deepEqual([tried.dryRun, tried.changed, tried.diff], [true, true, ['pools.app.backends.a.weight: 1 -> 5']]);
    assert.equal(readFileSync(at.file, 'utf8'), FILE);
    assert.deepEqual(done(await save(house)).diff, tried.diff);
    done(await change(house.live, (document) => document.rewrite(`# mine\n${document.text}`)));
    const text = done(await house.live.save({ actor: ACTOR, ifMatch: null, dryRun: true }));
    assert.deepEqual([text.changed, text.diff], [true, []]);
    assert.equal((await house.live.save({ actor: ACTOR, ifMatch: '"1-x"', dryRun: true })).kind, 'stale');
  });

  test('a file that somebody has deleted is written again, although nothing else was changed', async (t) => {
    const at = place(t);
    const house = await start(t, at);
    rmSync(at.file);
    const tried = done(await house.live.save({ actor: ACTOR, ifMatch: null, dryRun: true }));
    assert.deepEqual([tried.changed, tried.diff], [true, [`${at.file}: is gone, and is written again`]]);
    assert.equal(existsSync(at.file), false);
    assert.equal(done(await save(house)).changed, true);
    assert.equal(readFileSync(at.file, 'utf8'), FILE);
    assert.equal(done(await save(house)).changed, false);
  });

  test('follows a link, and refuses a file that has changed, or that a mount replaces', async (t) => {
    const at = place(t);
    const house = await start(t, { ...at, file: null });
    assert.match(JSON.stringify(await save(house)), /"changed":false/);
    await change(house.live, weight(5));
    assert.match(JSON.stringify(await save(house)), /There is no file to save into/);

    const real = `${at.file}.real`;
    writeFileSync(real, FILE);
    symlinkSync(real, at.file);
    const linked = await start(t, { file: at.file, dir: null });
    done(await change(linked.live, weight(5)));
    done(await save(linked));
    assert.match(readFileSync(real, 'utf8'), /weight: 5/);
    writeFileSync(real, '# somebody was faster\n');
    done(await change(linked.live, weight(6)));
    assert.match(JSON.stringify(await save(linked)), /"status":409,"why":"[^"]*has been changed since it was read/);

    const mount = join(at.dir, 'mount');
    mkdirSync(join(mount, '..2026'), { recursive: true });
    writeFileSync(join(mount, '..2026/eb.yaml'), FILE);
    symlinkSync('..2026', join(mount, '..data'));
    symlinkSync('..data/eb.yaml', join(mount, 'eb.yaml'));
    const mounted = await LiveConfig.open({
      file: join(mount, 'eb.yaml'),
      text: FILE,
      config: read(FILE),
      stateDir: null,
      environment: ENV,
      log: new LogRecord(),
      timers: new VirtualTimers(),
    });
    await mounted.serve(new Workers(mounted.config, 1));
    done(await change(mounted, weight(5)));
    assert.match(
      JSON.stringify(await mounted.save({ actor: ACTOR, ifMatch: null, dryRun: false })),
      /Change the ConfigMap/,
    );
  });
});

describe('a state directory that cannot be had', () => {
  test('null: everything is in memory, and changes say that they are not kept', async (t) => {
    const { live } = await start(t, { dir: null, file: null });
    const result = done(await change(live, weight(5)));
    assert.deepEqual([result.kept, result.revision], [false, 2]);
    assert.equal(live.revisionText(1), FILE);
  });

  test('one that cannot be written: it starts, says so once, and refuses changes', async (t) => {
    const at = place(t);
    // A file stands where the directory should be, so that not even root can make it.
    writeFileSync(at.dir, '');
    const { live, log } = await start(t, at);
    assert.equal(log.lines.filter((line) => line.startsWith('warn')).length, 1);
    const result = await change(live, weight(5));
    assert.equal(result.kind, 'failed');
    assert.match(
      JSON.stringify(result),
      /cannot be written \((EEXIST|ENOTDIR)\); it is no directory: remove what is there/,
    );
    assert.deepEqual([live.revision, weightOf(live)], [1, 1]);
    // The file is the operator's own word.
    const text = FILE.replace('weight: 1', 'weight: 8');
    assert.deepEqual([done(await live.takeFile(text, read(text), 'file')).kept, weightOf(live)], [false, 8]);
  });

  test('another process has it: what that one made live runs here too, changes are refused, until it is gone', async (t) => {
    const at = place(t);
    const first = await start(t, at);
    done(await change(first.live, weight(5)));
    const { live, log } = await start(t, at);
    assert.deepEqual([live.revision, weightOf(live), live.revisions().length], [2, 5, 2]);
    assert.match(log.lines.join('\n'), /warn The state directory .* is in use by process \d+ on /);
    assert.match(JSON.stringify(await change(live, weight(6))), /"failed".*in use by process/);
    await first.live.close();
    assert.deepEqual([done(await change(live, weight(7))).revision, weightOf(live)], [3, 7]);
    await live.close();
    assert.equal(weightOf((await start(t, at)).live), 7);
  });

  test('what another process has made meanwhile is never written over', async (t) => {
    const at = place(t);
    const first = await start(t, at);
    const { live } = await start(t, at);
    done(await change(first.live, weight(5)));
    await first.live.close();
    assert.match(
      JSON.stringify(await change(live, weight(6))),
      /"failed".*holds revision 2, which another process has made; restart/,
    );
    assert.equal(weightOf((await start(t, at)).live), 5);
  });
});
