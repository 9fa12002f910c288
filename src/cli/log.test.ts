import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { textLog } from './log.ts';

function lines(level: string) {
  const written: string[] = [];
  const log = textLog({ write: (text) => written.push(stripVTControlCharacters(text)) }, { current: level });
  return { log, written };
}

describe('log for a terminal', () => {
  test('the time, the sentence, and what it does not say itself', () => {
    const { log, written } = lines('info');
    log.warn({ pool: 'app', backend: 'a', ms: 7 }, 'backend app/a is unhealthy');
    assert.match(written.join(), /^\d\d:\d\d:\d\d warning backend app\/a is unhealthy {2}ms=7\n$/);
  });

  test('lines below the level are left out', () => {
    const { log, written } = lines('warn');
    log.debug({}, 'one');
    log.info({}, 'two');
    log.warn({}, 'three');
    log.error({}, 'four');
    assert.equal(written.length, 2);
  });
});
