import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Fault } from '#core/fault.ts';
import { Outcome } from '#core/outcome.ts';
import { LINE_BYTES_MAX } from './access-line.ts';
import { AccessTemplate, COMBINED, piecesOf, TEMPLATE_NAMES } from './access-template.ts';
import { ExchangeNotes } from './exchange-notes.ts';

const BEGAN = Date.parse('2026-03-04T05:06:07.089Z');
const into = Buffer.alloc(2 * LINE_BYTES_MAX);

function notesOf(target: string | Uint8Array, agent: string | Uint8Array = 'curl/8'): ExchangeNotes {
  const notes = new ExchangeNotes();
  const parts = ['GET', target, 'example.com', agent].map((part) => Buffer.from(part as string));
  const buf = Buffer.concat(parts);
  const [a = 0, b = 0, c = 0, d = 0] = parts.map((_, at) =>
    parts.slice(0, at + 1).reduce((sum, { length }) => sum + length, 0),
  );
  notes.begin(0, Buffer.from('192.0.2.1'), 'public');
  notes.versionMinor = 1;
  notes.request(buf, 0, a, a, b, b, c, c, d);
  notes.status = 200;
  notes.bytesOut = 1234;
  return notes;
}

function line(template: string, notes: ExchangeNotes, weight = 1): string {
  const end = new AccessTemplate(template).put(into, 3, notes, BEGAN, 12.3456, weight);
  assert.ok(end - 3 <= LINE_BYTES_MAX, `${end - 3} bytes`);
  return into.toString('utf8', 3, end);
}

describe('a template', () => {
  test('is the combined log format where that is wanted', () => {
    assert.equal(
      line(COMBINED, notesOf('/a?x=1&token=abc')),
      '192.0.2.1 - - [04/Mar/2026:05:06:07 +0000] "GET /a?x=1&token=REDACTED HTTP/1.1" 200 1234 "-" "curl/8"\n',
    );
  });

  test('has every field of a line, and `-` for what does not apply', () => {
    const notes = notesOf('/x');
    const all = TEMPLATE_NAMES.map((name) => `${name}=$(${name})`).join(' ');
    assert.match(line(all, notes), / id=- .* route=- pool=- backend=- .* reason=- fault=- .* attempts=- traceId=- /);
    notes.route = 'app';
    notes.pool = 'shop';
    notes.fault = Fault.upstreamReset;
    notes.attempt('a', Outcome.connectFailure, -1, -1, 1, false);
    notes.attempt('b', Outcome.reset, -1, -1, 1, false);
    assert.match(
      line(all, notes, 100),
      /route=app pool=shop backend=b .* reason=upstream-reset fault=upstream-reset .* durationMs=12\.346 attempts=a:connect-failure,b:reset traceId=- weight=100\n$/,
    );
  });

  test('is read into text and names', () => {
    assert.deepEqual(piecesOf('a$$b $client$(status)x $'), [
      { text: 'a$b ' },
      { name: 'client' },
      { name: 'status' },
      { text: 'x $' },
    ]);
  });

  test('says so when it names what there is not', () => {
    assert.throws(() => new AccessTemplate('$toString'), /\$toString/);
  });

  test('is one line between the same quotes, whatever a client sends, and never too long', () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 4000 });
    fc.assert(
      fc.property(bytes, bytes, fc.integer({ min: 1, max: 40 }), (target, agent, times) => {
        const text = line('"$target" "$userAgent" '.repeat(times), notesOf(target, agent));
        assert.equal(text.indexOf('\n'), text.length - 1);
        assert.doesNotMatch(text.slice(0, -1), /[\u0000-\u001f\u007f]/);
        if (times === 1) assert.match(text, /^"(?:[^"\\]|\\.)*" "(?:[^"\\]|\\.)*" \n$/);
      }),
    );
  });
});
