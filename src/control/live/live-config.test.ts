/** Changes: validated, numbered, kept, obeyed and told, one after another; and their undoing. */
import assert from 'node:assert/strict';
import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { ACTOR, change, done, FILE, place, start, weight, weightOf } from '../../../test/support/live-house.ts';
import { addBackend, patchBackend } from '../config/edits.ts';

describe('a change', () => {
  test('is validated, numbered, kept, obeyed, and told as a difference', async (t) => {
    const at = place(t);
    const { live, workers } = await start(t, at);
    const before = live.etag;
    const result = done(await change(live, weight(5)));
    assert.deepEqual(
      { ...result, etag: '' },
      {
        kind: 'done',
        revision: 2,
        etag: '',
        dryRun: false,
        changed: true,
        diff: ['pools.app.backends.a.weight: 1 -> 5'],
        warnings: [],
        obeyed: true,
        kept: true,
      },
    );
    assert.equal(result.etag, live.etag);
    assert.notEqual(live.etag, before);
    assert.equal(live.document().text, FILE.replace('weight: 1', 'weight: 5'));
    assert.deepEqual(workers.published, [2]);
    const [newest, first] = live.revisions();
    assert.deepEqual(
      [newest?.by, newest?.source, newest?.inForce, newest?.diff],
      [{ name: 'ci', from: '127.0.0.1' }, 'api', true, result.diff],
    );
    assert.deepEqual([first?.revision, first?.source, first?.inForce], [1, 'file', false]);
  });

  test('that says nothing new, or is a dry run, changes nothing', async (t) => {
    const { live, workers } = await start(t, place(t));
    assert.equal(done(await change(live, weight(1))).changed, false);
    const dry = done(await change(live, weight(5), { dryRun: true }));
    assert.deepEqual([dry.revision, dry.changed, dry.dryRun, dry.diff.length], [1, true, true, 1]);
    assert.deepEqual([live.revision, weightOf(live), live.revisions().length, workers.published.length], [1, 1, 1, 0]);
  });

  test('that is not valid, not there, stale or in need of a restart changes nothing, and says why', async (t) => {
    const { live, workers } = await start(t, place(t));
    assert.deepEqual(await change(live, weight(5000)), {
      kind: 'invalid',
      problems: [{ path: 'pools.app.backends.0.weight', message: '`5000` is too large; 1000 is the most' }],
    });
    const misspelt = await change(live, (document) => document.set(['pools', 'app', 'helth'], {}));
    assert.match(JSON.stringify(misspelt), /unknown key `helth`; did you mean `health`/);
    assert.match(
      JSON.stringify(await change(live, (document) => document.rewrite('a: 1\n- b'))),
      /"invalid".*line 2, column 1: not valid YAML/,
    );
    assert.deepEqual(await change(live, (document) => void patchBackend(document, 'ap', 'a', {})), {
      kind: 'refused',
      status: 404,
      why: 'there is no pool `ap`; did you mean `app`?',
    });
    assert.deepEqual(await change(live, weight(5), { ifMatch: '"1-0"' }), {
      kind: 'stale',
      etag: live.etag,
      revision: 1,
    });
    for (const [path, value] of [
      [['admin', 'address'], '127.0.0.1:1'],
      [['state', 'dir'], 'elsewhere'],
    ] as const) {
      const result = await change(live, (document) => document.set(path, value));
      assert.match(JSON.stringify(result), /"status":409,"why":"[^"]*restart for that/);
    }
    workers.refusal = 'workers would shrink: restart for that.';
    assert.equal((await change(live, weight(5))).kind, 'refused');
    assert.deepEqual([live.revision, weightOf(live), workers.published.length], [1, 1, 0]);
    workers.refusal = null;
    assert.equal(done(await change(live, weight(5), { ifMatch: `"x", ${live.etag}` })).revision, 2);
  });

  test('many at once are made one after another, each on what the one before has left', async (t) => {
    const { live, workers } = await start(t, place(t));
    const all = await Promise.all(
      Array.from({ length: 20 }, (_, at) =>
        change(live, (document) => void addBackend(document, 'app', { id: `n${at}`, url: `http://n:${at + 1}` })),
      ),
    );
    assert.deepEqual(
      all.map((result) => done(result).revision),
      Array.from({ length: 20 }, (_, at) => at + 2),
    );
    assert.equal(live.config.pools.app?.backends.length, 22);
    assert.deepEqual(workers.published.length, 20);
  });

  test('that cannot be published leaves no trace', async (t) => {
    const at = place(t);
    const { live, workers } = await start(t, at);
    workers.fails = new TypeError('a fault');
    await assert.rejects(change(live, weight(5)), /a fault/);
    assert.deepEqual([live.revision, weightOf(live), live.revisions().length], [1, 1, 1]);
    workers.fails = null;
    assert.equal(done(await change(live, weight(6))).revision, 2);
  });

  test('of what the plan does not hold is told too, and secrets are not', async (t) => {
    const { live } = await start(t, place(t));
    const hash = `sha256:${'a'.repeat(64)}`;
    const { diff } = done(
      await change(live, (document) => {
        document.set(['admin', 'tokens'], [{ name: 'x', role: 'viewer', hash }]);
        document.set(['log', 'level'], 'debug');
        document.set(
          ['routes'],
          [
            {
              name: 'r',
              match: { path: '/' },
              pool: 'app',
              headers: { request: { set: { authorization: 'Bearer s3cret' } } },
            },
          ],
        );
      }),
    );
    assert.ok(diff.includes('log.level: info -> debug'));
    assert.ok(diff.includes('admin.tokens.x: added'));
    const again = done(
      await change(live, (document) => {
        document.set(['admin', 'tokens', 0, 'hash'], `sha256:${'b'.repeat(64)}`);
        document.set(['routes', 0, 'headers', 'request', 'set', 'authorization'], 'Bearer other');
      }),
    );
    assert.equal(again.diff.length, 2);
    for (const text of [...diff, ...again.diff]) assert.doesNotMatch(text, /s3cret|other|aaaa|bbbb/);
    assert.equal(live.settings().tokens.length, 1);
    const settings = live.settings();
    done(await change(live, weight(9)));
    assert.equal(live.settings(), settings, 'the same object while it says the same');
  });
});

describe('what is kept', () => {
  test('M3: says nothing of what a reference stands for, in the file of a revision or in drift', async (t) => {
    const at = place(t);
    const { live } = await start(t, at, FILE.replace('weight: 1', 'weight: 2'));
    const text = 'pools: { app: { backends: [{ id: "${HIDDEN_NAME:-not-for-viewers}", url: "http://c:1" }] } }';
    const result = done(await change(live, (document) => document.rewrite(text)));
    assert.ok(
      result.diff.some((line) => line.includes('${HIDDEN_NAME}')),
      result.diff.join('\n'),
    );
    const { diff } = JSON.parse(readFileSync(join(at.dir, 'config/000002.json'), 'utf8')) as { diff: string[] };
    assert.deepEqual(diff, result.diff);
    assert.doesNotMatch([...diff, ...live.drift().diff].join('\n'), /not-for-viewers/);
  });

  test('M4: is not believed where others may write, which is told once with what to run', async (t) => {
    const at = place(t);
    const first = await start(t, at);
    done(await change(first.live, weight(5)));
    await first.live.close();
    chmodSync(join(at.dir, 'config'), 0o777);
    const { live, log } = await start(t, at);
    assert.equal(weightOf(live), 1, 'the file is in force');
    assert.equal(log.lines.filter((line) => line.includes('chmod 700')).length, 1, log.lines.join('\n'));
    const refused = await change(live, weight(6));
    assert.match(JSON.stringify(refused), /"failed".*is not believed.*chmod 700/);
  });
});

describe('undo', () => {
  test('goes back to any revision that is kept, and is a revision itself', async (t) => {
    const { live } = await start(t, place(t));
    for (const value of [2, 3, 4]) done(await change(live, weight(value)));
    const back = { actor: ACTOR, ifMatch: null, dryRun: false };
    assert.deepEqual(done(await live.rollback({ ...back, revision: null })).diff, [
      'pools.app.backends.a.weight: 4 -> 3',
    ]);
    assert.equal(done(await live.rollback({ ...back, revision: 1 })).revision, 6);
    assert.equal(live.document().text, FILE);
    assert.equal(live.revisions()[0]?.summary, 'back to revision 1');
    assert.equal(live.drift().wins, 'file');
    assert.deepEqual(await live.rollback({ ...back, revision: 99 }), {
      kind: 'refused',
      status: 404,
      why: 'there is no revision 99; kept are 1 to 6',
    });
    assert.equal(done(await live.rollback({ ...back, revision: 6 })).changed, false);
  });

  test('has nothing to go back to at first', async (t) => {
    const { live } = await start(t, place(t));
    const result = await live.rollback({ actor: ACTOR, ifMatch: null, dryRun: false, revision: null });
    assert.deepEqual(result, { kind: 'refused', status: 409, why: 'There is no revision before the one in force.' });
  });
});
