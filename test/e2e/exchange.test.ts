/** What passes between a client and a backend, byte by byte. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { Outcome } from '#core/outcome.ts';
import { ENGINES, startPlane, type PlaneOptions, type TestPlane } from '../support/plane.ts';
import { WireServer, dial, type Wire } from '../support/wire.ts';

interface Rig extends TestPlane {
  readonly server: WireServer;
  readonly client: Wire;
}

async function rig(t: TestContext, lean: boolean, options: Partial<PlaneOptions> = {}, halfOpen = false): Promise<Rig> {
  const server = new WireServer();
  t.after(() => server.close());
  const ports = options.ports ?? [await server.listen()];
  const plane = await startPlane(t, { ...options, ports, lean });
  const client = await dial(plane.port, halfOpen);
  t.after(() => client.socket.destroy());
  return { ...plane, server, client };
}

const GET = 'GET /x HTTP/1.1\r\nHost: a.example\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** Answers each request once its head and `size` bytes of body have come. */
function answerAfter(backend: Wire, size: number): void {
  backend.socket.on('data', () => {
    const head = backend.received.indexOf('\r\n\r\n');
    if (head === -1 || backend.received.length < head + 4 + size) return;
    backend.received = backend.received.slice(head + 4 + size);
    backend.send(OK);
  });
}

for (const { engine, lean } of ENGINES) {
  test(`${engine}: requests follow each other on one client and one backend connection`, async (t) => {
    const { server, client, tables } = await rig(t, lean);
    client.send(GET);
    const backend = await server.accept();
    for (let i = 0; i < 3; i++) {
      if (i > 0) client.send(GET);
      const request = await backend.message();
      assert.match(request.head, /^GET \/x HTTP\/1\.1\r\nHost: a\.example\r\n/);
      backend.send(OK);
      const answer = await client.message();
      assert.match(answer.head, /^HTTP\/1\.1 200 OK\r\n/);
      assert.match(answer.head, /\r\ndate: [A-Z]/);
      const id = /x-request-id: (\S+)/.exec(request.head)?.[1];
      assert.ok(answer.head.includes(`x-request-id: ${id}\r\n`), 'both sides get the same request id');
      assert.equal(answer.body, 'ok');
    }
    assert.equal(server.accepted, 1);
    assert.equal(tables.counters.global('requests'), 3);
    assert.equal(tables.counters.slotCount(1, Outcome.success), 3);
    assert.equal(tables.slots.total[1], 0, 'nothing stays in flight');
  });

  test(`${engine}: pipelined requests are answered in order`, async (t) => {
    const { server, client } = await rig(t, lean);
    client.send(
      'POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET /2 HTTP/1.1\r\nHost: a\r\n\r\nGET /3 HTTP/1.1\r\nHost: a\r\n\r\n',
    );
    const backend = await server.accept();
    for (const [path, body] of [
      ['1', 'abc'],
      ['2', ''],
      ['3', ''],
    ] as const) {
      const request = await backend.message();
      assert.ok(request.head.includes(`/${path} HTTP/1.1`));
      assert.equal(request.body, body);
      backend.send(`HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n${path}`);
    }
    for (const path of ['1', '2', '3']) assert.equal((await client.message()).body, path);
  });

  test(`${engine}: a head may come in single bytes`, async (t) => {
    const { server, client } = await rig(t, lean);
    client.socket.setNoDelay(true);
    for (const byte of GET) client.send(byte);
    const backend = await server.accept();
    await backend.message();
    for (const byte of OK) backend.send(byte);
    assert.equal((await client.message()).body, 'ok');
  });

  test(`${engine}: chunked bodies pass both ways, with trailers`, async (t) => {
    const { server, client } = await rig(t, lean);
    const body = '5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n';
    client.send(`POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${body}`);
    const backend = await server.accept();
    assert.equal((await backend.message()).body, body);
    const answer = '5;ext=1\r\nhello\r\n0\r\nX-Sum: 1\r\nContent-Length: 9\r\n\r\n';
    backend.send(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n${answer}`);
    assert.equal(
      (await client.message()).body,
      '5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n',
      'extensions and framing fields in trailers go',
    );
  });

  test(`${engine}: a body that ends with the connection is chunked for the client`, async (t) => {
    const { server, client } = await rig(t, lean);
    client.send(GET);
    const backend = await server.accept();
    await backend.message();
    backend.send('HTTP/1.1 200 OK\r\n\r\nabc');
    await client.take(/3\r\nabc\r\n/);
    backend.send('defg');
    backend.socket.end();
    assert.equal(await client.take(/0\r\n\r\n/), '4\r\ndefg\r\n0\r\n\r\n');
    client.send(GET);
    await (await server.accept()).message();
  });

  test(`${engine}: an HTTP/1.0 client gets the payload of chunks, ended by the connection`, async (t) => {
    const { server, client } = await rig(t, lean);
    client.send('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
    const backend = await server.accept();
    const { head } = await backend.message();
    assert.match(head, /\r\nvia: 1\.0 edgebalancer\r\n/);
    backend.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n');
    assert.equal(await client.gone(), '');
    assert.match(client.received, /connection: close\r\n/);
    assert.ok(client.received.endsWith('\r\n\r\nabcde'));
  });

  test(`${engine}: HEAD, 204 and 304 have no body whatever their fields say`, async (t) => {
    const { server, client } = await rig(t, lean);
    client.send('HEAD / HTTP/1.1\r\nHost: a\r\n\r\n');
    const backend = await server.accept();
    await backend.message();
    backend.send('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n');
    assert.match(await client.take(/\r\n\r\n/), /content-length: 5/i);
    for (const status of ['204 No Content', '304 Not Modified']) {
      client.send(GET);
      await backend.message();
      backend.send(`HTTP/1.1 ${status}\r\n\r\n`);
      await client.take(/\r\n\r\n/);
    }
    assert.equal(client.received, '');
  });

  test(`${engine}: informational answers pass, and the final one after them`, async (t) => {
    const { server, client } = await rig(t, lean);
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n');
    const backend = await server.accept();
    assert.match(await backend.take(/\r\n\r\n/), /expect: 100-continue/i);
    backend.send('HTTP/1.1 100 Continue\r\n\r\n');
    assert.equal(await client.take(/\r\n\r\n/), 'HTTP/1.1 100 Continue\r\n\r\n');
    client.send('hi');
    await backend.take(/hi/);
    backend.send('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n' + OK);
    assert.equal(await client.take(/\r\n\r\n/), 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n');
    assert.equal((await client.message()).body, 'ok');
  });

  test(`${engine}: an answer cut short cuts the client off`, async (t) => {
    for (const answer of [
      'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n',
    ]) {
      const { server, client, tables } = await rig(t, lean);
      client.send(GET);
      const backend = await server.accept();
      await backend.message();
      backend.send(answer);
      await client.take(/abc/);
      backend.socket.end();
      await client.gone();
      assert.ok(!client.received.includes('0\r\n\r\n'), 'no clean end');
      assert.equal(tables.counters.slotCount(1, Outcome.truncated), 1);
      assert.equal(tables.slots.total[1], 0);
    }
  });

  test(`${engine}: an answer that only its connection delimits is reset for HTTP/1.0 when it breaks off`, async (t) => {
    const { server, client } = await rig(t, lean);
    client.send('GET / HTTP/1.0\r\n\r\n');
    const backend = await server.accept();
    await backend.message();
    backend.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n');
    await client.take(/abc/);
    backend.socket.resetAndDestroy();
    assert.equal(await client.gone(), 'ECONNRESET');
  });

  test(`${engine}: bytes behind an answer end that backend connection, and reach nobody`, async (t) => {
    const { server, client } = await rig(t, lean);
    client.send(GET);
    const first = await server.accept();
    await first.message();
    first.send(`${OK}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil`);
    assert.equal((await client.message()).body, 'ok');
    client.send(GET);
    const second = await server.accept();
    await second.message();
    second.send(OK);
    assert.equal((await client.message()).body, 'ok');
  });

  test(`${engine}: a reused connection that the backend had closed is replaced without an error`, async (t) => {
    const { server, client, tables } = await rig(t, lean);
    client.send(GET);
    const first = await server.accept();
    await first.message();
    first.send(OK);
    await client.message();
    // The next request is on its way before the end of the connection is seen: the backend answers it with a reset.
    client.send(GET);
    await first.message();
    first.socket.resetAndDestroy();
    const second = await server.accept();
    await second.message();
    second.send(OK);
    assert.equal((await client.message()).body, 'ok');
    assert.equal(tables.counters.global('staleRetries'), 1);
    assert.equal(tables.counters.global('upstreamErrors'), 0);
  });

  test(`${engine}: a POST on a connection that broke is not repeated (RFC 9110 9.2.2)`, async (t) => {
    const { server, client, tables } = await rig(t, lean);
    client.send(GET);
    const first = await server.accept();
    await first.message();
    first.send(OK);
    await client.message();
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx');
    await first.message();
    first.socket.resetAndDestroy();
    const { head } = await client.message();
    assert.match(head, /^HTTP\/1\.1 502 [\s\S]*x-edgebalancer-reason: upstream-reset\r\n/);
    assert.equal(server.accepted, 1);
    assert.equal(tables.counters.global('upstreamErrors'), 1);
  });

  test(`${engine}: a large body meets backpressure in both directions and arrives whole`, async (t) => {
    const { server, client, plane } = await rig(t, lean);
    const size = 24 * 1024 * 1024;
    const block = Buffer.alloc(65536, 'x');
    client.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\n`);
    const backend = await server.accept();
    await backend.take(/\r\n\r\n/);
    backend.socket.pause();
    for (let sent = 0; sent < size; sent += block.length) client.socket.write(block);
    await client.until('the client has to wait', () => client.socket.writableNeedDrain);
    let got = backend.received.length;
    backend.socket.on('data', (text: string) => (got += text.length));
    backend.socket.resume();
    backend.received = '';
    while (got < size) await new Promise((resolve) => backend.socket.once('data', resolve));
    assert.equal(got, size);
    client.socket.pause();
    backend.send(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
    for (let sent = 0; sent < size; sent += block.length) backend.socket.write(block);
    await new Promise((resolve) => setImmediate(resolve));
    let answered = 0;
    client.socket.on('data', (text: string) => (answered += text.length));
    client.socket.resume();
    while (answered < size) await new Promise((resolve) => client.socket.once('data', resolve));
    assert.equal(plane.state.backends.get(1)?.idle.length, 1, 'the backend connection is clean and kept');
  });

  test(`${engine}: regression: a large upload over a reused backend connection does not stall`, async (t) => {
    const { server, client } = await rig(t, lean);
    const size = 4 * 1024 * 1024;
    for (let round = 0; round < 3; round++) {
      client.socket.write(`POST /${round} HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\n${'x'.repeat(size)}`);
      if (round === 0) await server.accept().then((backend) => answerAfter(backend, size));
      assert.equal((await client.message()).body, 'ok');
    }
    assert.equal(server.accepted, 1);
  });

  test(`${engine}: an upgrade becomes a tunnel with half-close`, async (t) => {
    const { server, client, tables } = await rig(t, lean, {}, true);
    client.send('GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nearly');
    const backend = await server.accept();
    assert.match((await backend.message()).head, /connection: upgrade\r\nUpgrade: websocket\r\n/);
    backend.send('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello');
    const head = await client.take(/\r\n\r\n/);
    assert.match(head, /^HTTP\/1\.1 101 [\s\S]*connection: upgrade\r\n/);
    await client.take(/hello/);
    await backend.take(/early/);
    client.send('ping');
    await backend.take(/ping/);
    assert.equal(tables.slots.total[1], 1, 'a tunnel is in flight while it lasts');
    client.socket.end();
    await backend.end();
    backend.send('still here');
    await client.take(/still here/);
    backend.socket.end();
    await client.gone();
    assert.equal(tables.counters.global('tunnels'), 0);
    assert.equal(tables.slots.total[1], 0);
    assert.equal(tables.counters.global('inFlight'), 0);
  });

  test(`${engine}: regression: a client that leaves before its upgrade is answered leaves no tunnel behind`, async (t) => {
    const { server, client, tables } = await rig(t, lean, {}, true);
    client.send('GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nearly');
    client.socket.end();
    const backend = await server.accept();
    await backend.message();
    // Its own FIN has been read before: it comes right behind the head.
    backend.send('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    await backend.take(/early/);
    await backend.end();
    backend.socket.end();
    await client.gone();
    assert.equal(tables.counters.global('tunnels'), 0);
    assert.equal(tables.counters.global('inFlight'), 0);
  });

  test(`${engine}: a 101 that nobody asked for is a bad answer`, async (t) => {
    const { server, client } = await rig(t, lean);
    client.send(GET);
    const backend = await server.accept();
    await backend.message();
    backend.send('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n');
    assert.match((await client.message()).head, /^HTTP\/1\.1 502 [\s\S]*upstream-invalid/);
  });

  test(`${engine}: a client may end its side and still get its answer`, async (t) => {
    const { server, client } = await rig(t, lean, {}, true);
    client.send(GET);
    client.socket.end();
    const backend = await server.accept();
    await backend.message();
    backend.send(OK);
    assert.equal((await client.message()).body, 'ok');
    await client.gone();
  });

  test(`${engine}: a client that leaves takes its attempt with it`, async (t) => {
    const { server, client, tables } = await rig(t, lean);
    client.send(GET);
    const backend = await server.accept();
    await backend.message();
    client.socket.resetAndDestroy();
    await backend.end();
    assert.equal(tables.counters.slotCount(1, Outcome.cancelled), 1);
    assert.equal(tables.slots.total[1], 0);
  });

  test(`${engine}: an early answer to an unfinished request ends the connection after it`, async (t) => {
    const { server, client } = await rig(t, lean);
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nabc');
    const backend = await server.accept();
    await backend.take(/abc/);
    backend.send('HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno');
    const answer = await client.message();
    assert.match(answer.head, /connection: close\r\n/);
    assert.equal(answer.body, 'no');
    await client.end();
  });
}
