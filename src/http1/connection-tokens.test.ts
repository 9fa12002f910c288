import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  expectsContinue,
  isNominated,
  namedByConnection,
  namesProtocol,
  Option,
  readConnection,
} from './connection-tokens.ts';
import { scanFieldLines } from './field-lines.ts';
import { FIELD_STRIDE, FieldId, Fields, NOMINATED_MAX } from './head.ts';
import { bytesOf, textOf } from './latin1.ts';

const optionsOf = (value: string): number => readConnection(bytesOf(`x${value}x`), 1, 1 + value.length, new Fields(1));
const { close, keepAlive, upgrade, other, tooMany } = Option;

test('Connection options are case-insensitive list elements; empty ones are skipped (RFC 9110 5.6.1, 7.6.1)', () => {
  const table: readonly (readonly [string, number])[] = [
    ['', 0],
    [' , ,\t', 0],
    ['close', close],
    ['CLOSE', close],
    ['Keep-Alive', keepAlive],
    ['keep-alive, Upgrade', keepAlive | upgrade],
    [',close,,keep-alive ,', close | keepAlive],
    ['upgrade\t,\tx-a', upgrade | other],
    ['closed', other],
    ['clos', other],
    ['keep_alive', other],
    ['close keep-alive', other],
    ['"close"', other],
    ['close;q=1', other],
    ['\u00a0close', other],
  ];
  for (const [value, want] of table) assert.equal(optionsOf(value), want, JSON.stringify(value));
});

test('Expect lists 100-continue (RFC 9110 10.1.1)', () => {
  const expects = (value: string): boolean => expectsContinue(bytesOf(`x${value}x`), 1, 1 + value.length);
  for (const value of ['100-continue', '100-Continue', 'a=b, 100-CONTINUE']) assert.equal(expects(value), true, value);
  for (const value of ['', '100', '100-continues', '200-ok', '100-continue=1', '100 continue']) {
    assert.equal(expects(value), false, value);
  }
});

/** The field lines, with what their Connection fields list. */
function read(head: string): { buf: Uint8Array; fields: Fields } {
  const buf = bytesOf(head);
  const fields = new Fields(20);
  assert.equal(scanFieldLines(buf, 0, buf.length, fields, 20), buf.length);
  for (let cell = 0; cell < fields.count * FIELD_STRIDE; cell += FIELD_STRIDE) {
    if (fields.at[cell + 4] !== FieldId.connection) continue;
    readConnection(buf, fields.at[cell + 2] as number, fields.at[cell + 3] as number, fields);
  }
  return { buf, fields };
}

function named(head: string, isNamed: typeof isNominated = namedByConnection): string[] {
  const { buf, fields } = read(head);
  const names: string[] = [];
  for (let i = 0; i < fields.count; i++) {
    if (isNamed(buf, fields, i)) names.push(textOf(buf, fields.at[i * 5] as number, fields.at[i * 5 + 1] as number));
  }
  return names;
}

test('fields named by any Connection field are told, whatever the order and case (RFC 9110 7.6.1)', () => {
  assert.deepEqual(named('X-A: 1\r\nConnection: close, x-a\r\nX-AB: 2\r\nConnection:\tX-b\r\nx-B: 3\r\n\r\n'), [
    'X-A',
    'x-B',
  ]);
  assert.deepEqual(named('X-A: 1\r\nConnection: x\r\n\r\n'), []);
  assert.deepEqual(named('X-A: 1\r\nX-B: x-a\r\n\r\n'), []);
  // ^ and ~ differ from each other by the bit that tells cases apart, but are no letters.
  assert.deepEqual(named('X-^: 1\r\nConnection: x-~\r\n\r\n'), []);
  assert.deepEqual(named('TE: trailers\r\nConnection: TE, connection\r\n\r\n'), ['TE', 'Connection']);
});

test('framing, Host and the record of the way cannot be stripped by naming them', () => {
  const names = [
    'Host',
    'Content-Length',
    'Transfer-Encoding',
    'X-Forwarded-For',
    'X-Forwarded-Proto',
    'Forwarded',
    'Via',
  ];
  for (const name of names) {
    const head = `${name}: 1\r\nConnection: ${name}\r\n\r\n`;
    assert.deepEqual(named(head), [], name);
    assert.deepEqual(named(head, isNominated), [name], 'that they are named can be told');
  }
});

test('a Connection list names so many fields and no more, so that no head costs a product of the two', () => {
  assert.equal(optionsOf('x, '.repeat(NOMINATED_MAX)), other);
  assert.equal(optionsOf('x, '.repeat(NOMINATED_MAX + 1)), tooMany);
  assert.equal(optionsOf('close, '.repeat(1000)), close, 'options are no names');
  const { fields } = read(`Connection: ${'x-a, '.repeat(NOMINATED_MAX)}\r\nConnection: x-b\r\n\r\n`);
  assert.equal(fields.nominatedCount, NOMINATED_MAX);
  const many = Array.from({ length: NOMINATED_MAX }, (_, at) => `x-${at}`);
  assert.deepEqual(named(`X-15: 1\r\nX-16: 1\r\nConnection: ${many.join()}\r\n\r\n`), ['X-15']);
});

test('an empty Upgrade names no protocol (RFC 9110 5.6.1, 7.8)', () => {
  const names = (head: string): boolean => {
    const { buf, fields } = read(`${head}\r\n`);
    return namesProtocol(buf, fields);
  };
  for (const value of ['', ' ', ',', ' ,\t,']) assert.equal(names(`Upgrade:${value}\r\n`), false, value);
  for (const value of ['a', ', a', 'websocket ']) assert.equal(names(`X: y\r\nUpgrade: ${value}\r\n`), true, value);
  assert.equal(names('Upgrade:\r\nupgrade: a\r\n'), true);
  assert.equal(names('X: upgrade\r\n'), false);
});
