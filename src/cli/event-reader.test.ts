import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { eventJson, eventLine } from './event-line.ts';
import { EventReader } from './event-reader.ts';

const TEXT = [
  '\ufeff'.slice(1),
  'retry: 1500\nid: a-1\n\n',
  ': a comment\r\n\r\n',
  'event: health\r\nid: a-2\r\ndata: {"x":"ü→"}\r\n\r\n',
  'data:two\ndata: lines\nnonsense: 1\n\n',
  'event: dropped\n\n',
  'id: a-3\rdata\r\r',
  'data: not ended\n',
].join('');
const WANTED = [
  { type: 'health', id: 'a-2', data: '{"x":"ü→"}' },
  { type: 'message', id: 'a-2', data: 'two\nlines' },
  { type: 'message', id: 'a-3', data: '' },
];

test('a stream is read the same however it is cut', () => {
  const bytes = Buffer.from(TEXT);
  fc.assert(
    fc.property(fc.array(fc.nat(bytes.length), { maxLength: 12 }), (cuts) => {
      const places = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
      const reader = new EventReader();
      const events = places.slice(1).flatMap((end, at) => reader.push(bytes.subarray(places[at], end)));
      assert.deepEqual(events, WANTED);
      assert.deepEqual([reader.lastId, reader.retryMs], ['a-3', 1500]);
    }),
  );
});

test('a line without an end is refused', () => {
  const reader = new EventReader();
  assert.throws(() => {
    for (let at = 0; at < 100; at++) reader.push(Buffer.alloc(64 * 1024, 'x'));
  }, /a line has no end/);
});

test('what is not known, or not JSON, is shown as it came, without what would move a terminal', () => {
  const event = { type: 'new', id: 'a-1', data: '{"at":"2026-01-01T00:00:00.000Z","x":1}' };
  assert.match(eventLine(event), /new.*\{"at":"2026-01-01T00:00:00.000Z","x":1\}\n$/);
  const wild = eventLine({ type: 'health', id: '', data: '\u001b[2J' });
  assert.ok(!wild.includes('\u001b[2J') && wild.endsWith('[2J\n'), wild);
  assert.equal(eventJson({ type: 'panic', id: 'a-1', data: 'x' }), '{"type":"panic","id":"a-1","data":"x"}\n');
});
