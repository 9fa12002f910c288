/** The judge, judged: a proxy that passes bytes on unread must fail where it matters, and pass where nothing is wrong. */
import assert from 'node:assert/strict';
import { connect, createServer, type AddressInfo } from 'node:net';
import { before, describe, test, after } from 'node:test';
import { MessageReader } from '../support/strict-message.ts';
import { Recorder } from '../support/recorder.ts';
import { loadCases } from './cases.ts';
import { judgeRequest, playRequest, type RequestCase } from './request-case.ts';
import { judgeResponse, playResponse, type ResponseCase } from './response-case.ts';

describe('against a proxy that reads nothing', () => {
  let recorder: Recorder;
  const proxy = createServer((client) => {
    const backend = connect(recorder.port, '127.0.0.1');
    client.pipe(backend).pipe(client);
    client.on('error', () => backend.destroy()).on('close', () => backend.destroy());
    backend.on('error', () => client.destroy()).on('close', () => client.destroy());
  });
  const port = () => (proxy.address() as AddressInfo).port;
  before(async () => {
    recorder = await Recorder.start();
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  });
  after(async () => {
    proxy.close();
    await recorder.stop();
  });

  const requests = loadCases<RequestCase>('requests.json');
  const request = (name: string) => requests.find((one) => one.name === name)!;
  const responses = loadCases<ResponseCase>('upstream-responses.json');
  const response = (name: string) => responses.find((one) => one.name === name)!;

  for (const name of ['plain-get', 'plain-post-chunked', 'pipelined-post-get', 'obs-text-header-value']) {
    test(`${name} passes`, async () => {
      assert.deepEqual(judgeRequest(request(name), await playRequest(request(name), port(), recorder)), []);
    });
  }
  const broken: [name: string, problem: RegExp][] = [
    ['cl-hex', /Content-Length '0x5'/],
    ['te-nul-in-name', /does not begin with a field name/],
    ['chunk-ext-bare-cr', /chunk extension/],
    ['hdr-mixed-lf-end', /bare LF/],
    ['rl-absolute-form', /not origin-form/],
    ['conn-close-then-more', /saw 2 requests, at most 1/],
    ['xff-spoof', /did not see/],
    ['conn-keepalive-proxyconn', /the backend saw \/\^proxy-connection/],
  ];
  for (const [name, problem] of broken) {
    test(`${name} fails`, async () => {
      assert.match(judgeRequest(request(name), await playRequest(request(name), port(), recorder)).join('\n'), problem);
    });
  }

  for (const name of ['ok-cl', 'byte-at-a-time', 'close-delimited-slow', 'chunk-close-in-chunk']) {
    test(`${name} passes`, async () => {
      assert.deepEqual(judgeResponse(response(name), await playResponse(response(name), port(), recorder)), []);
    });
  }
  const odd: [name: string, problem: RegExp][] = [
    ['reset-at-once', /the client got nothing/],
    ['hdr-nul', /control byte/],
    ['cl-extra-bytes', /EXTRA/],
    ['hdr-connection-nominated', /x-internal/],
  ];
  for (const [name, problem] of odd) {
    test(`${name} fails`, async () => {
      assert.match(
        judgeResponse(response(name), await playResponse(response(name), port(), recorder)).join('\n'),
        problem,
      );
    });
  }
});

test('the strict reader reads the same whatever the segments', () => {
  const text =
    'POST /a HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nT: u\r\n\r\n' +
    'GET /c HTTP/1.1\r\nHost: b\r\n\r\nPUT /d HTTP/1.1\r\nHost: b\r\nContent-Length: 3\r\n\r\nabc';
  const whole = new MessageReader('request');
  whole.push(text);
  assert.deepEqual(
    whole.messages.map(({ startLine, body, complete, flaws }) => [startLine, body, complete, flaws]),
    [
      ['POST /a HTTP/1.1', 'hello', true, []],
      ['GET /c HTTP/1.1', '', true, []],
      ['PUT /d HTTP/1.1', 'abc', true, []],
    ],
  );
  const bytewise = new MessageReader('request');
  for (const byte of text) bytewise.push(byte);
  assert.deepEqual(bytewise.messages, whole.messages);
});
