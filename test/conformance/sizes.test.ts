/** Bodies on both sides of every buffer's size, over a connection to the backend that is new, and one that was used. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ENGINES, startPlane } from '../support/plane.ts';
import { RawClient } from '../support/raw-client.ts';
import { Recorder } from '../support/recorder.ts';
import { statusOf } from '../support/strict-message.ts';

const KIB = 1024;
const SIZES = [
  1,
  15 * KIB,
  16 * KIB,
  64 * KIB - 1,
  64 * KIB,
  65 * KIB,
  128 * KIB,
  256 * KIB,
  256 * KIB + 1,
  3 * KIB * KIB,
];
/** A chunk larger than what is read at once. */
const CHUNK_BYTES = 300 * KIB;

for (const { engine, lean } of ENGINES) {
  test(`uploads of every size arrive whole (${engine})`, async (t) => {
    const recorder = await Recorder.start();
    t.after(() => recorder.stop());
    const { port } = await startPlane(t, { ports: [recorder.port], lean });
    for (const size of SIZES) {
      const body = 'x'.repeat(size);
      for (const framing of [length(body), chunked(body)]) {
        recorder.clear();
        const client = await RawClient.connect({ port });
        t.after(() => client.destroy());
        const answer = await client.ask(`POST /sized HTTP/1.1\r\nHost: lb.test\r\n${framing}`);
        assert.equal(statusOf(answer), 200, `${size} bytes`);
        assert.equal(recorder.requests.at(-1)?.message.body.length, size);
        assert.deepEqual(recorder.flaws, []);
      }
    }
  });

  test(`downloads of every size arrive whole (${engine})`, async (t) => {
    const recorder = await Recorder.start();
    t.after(() => recorder.stop());
    const { port } = await startPlane(t, { ports: [recorder.port], lean });
    const client = await RawClient.connect({ port });
    t.after(() => client.destroy());
    for (const size of SIZES) {
      const body = 'x'.repeat(size);
      for (const framing of [length(body), chunked(body)]) {
        recorder.script = () => ({ raw: `HTTP/1.1 200 OK\r\n${framing}` });
        const answer = await client.ask('GET /sized HTTP/1.1\r\nHost: lb.test\r\n\r\n');
        assert.deepEqual([statusOf(answer), answer.body.length, answer.flaws], [200, size, []]);
      }
    }
    assert.equal(client.leftover, '');
  });
}

function length(body: string): string {
  return `Content-Length: ${body.length}\r\n\r\n${body}`;
}

function chunked(body: string): string {
  let text = 'Transfer-Encoding: chunked\r\n\r\n';
  for (let at = 0; at < body.length; at += CHUNK_BYTES) {
    const chunk = body.slice(at, at + CHUNK_BYTES);
    text += `${chunk.length.toString(16)}\r\n${chunk}\r\n`;
  }
  return `${text}0\r\n\r\n`;
}
