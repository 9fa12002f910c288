/** Traces of a real balancer in front of real backends, as a collector gets them. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { linesOf, terminate } from '../support/access-log.ts';
import { BALANCER_TOKEN, Balancer } from '../support/balancer.ts';
import { MetricSamples } from '../support/metric-samples.ts';
import { Origin } from '../support/origin.ts';
import { CLIENT, ERROR, OtlpReceiver, SERVER, type Answer, type ReceivedSpan } from '../support/otlp-receiver.ts';
import { temporaryDirectory } from '../support/program.ts';
import { RawClient } from '../support/raw-client.ts';
import { Recorder } from '../support/recorder.ts';
import { until } from '../support/until.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';
const parent = (trace: string, flags: string): string => `traceparent: 00-${trace}-${PARENT}-${flags}`;
const traceOf = (at: number): string => at.toString(16).padStart(32, 'a');
const get = (target: string, ...fields: string[]): string =>
  [`GET ${target} HTTP/1.1`, 'Host: shop.example', ...fields, '', ''].join('\r\n');

interface Options {
  readonly tracing?: object;
  readonly pool?: object;
  readonly more?: object;
  /** URLs before the recorder's. */
  readonly others?: readonly string[];
  readonly env?: Record<string, string>;
  readonly collector?: OtlpReceiver | null;
}

interface Bed {
  readonly collector: OtlpReceiver;
  readonly backend: Recorder;
  readonly running: Balancer;
  readonly client: RawClient;
  readonly log: string;
  /** What the backend was sent as traceparent, in order. */
  readonly sent: () => string[];
  readonly metrics: () => Promise<MetricSamples>;
}

async function bed(t: TestContext, options: Options = {}): Promise<Bed> {
  const collector = options.collector ?? (await OtlpReceiver.start());
  if (options.collector === undefined) t.after(() => collector.stop());
  const backend = await Recorder.start();
  t.after(() => backend.stop());
  const log = join(temporaryDirectory(t), 'log');
  const running = await Balancer.start({
    config: {
      workers: 2,
      log: { access: { to: log } },
      rateLimits: { 'per-client': null },
      admin: { address: null },
      routes: [
        { name: 'metrics', match: { path: '=/metrics' }, controlPlane: true },
        { name: 'app', match: { path: '/proxy/' }, stripPrefix: '/proxy', pool: 'app' },
      ],
      pools: {
        app: {
          backends: [...(options.others ?? []), backend.url],
          health: null,
          strategy: 'round-robin',
          ...options.pool,
        },
      },
      tracing: { otlp: collector.url, sample: '100%', ...options.tracing },
      ...options.more,
    },
    ...(options.env !== undefined && { env: options.env }),
  });
  t.after(() => running.stop());
  const client = await RawClient.connect({ port: running.port });
  t.after(() => client.destroy());
  return {
    collector,
    backend,
    running,
    client,
    log,
    sent: () => backend.requests.map(({ message }) => fieldOf(message.fields, 'traceparent')),
    metrics: async () => {
      const answer = await fetch(`http://127.0.0.1:${running.port}/metrics`, {
        headers: { authorization: `Bearer ${BALANCER_TOKEN}` },
      });
      return new MetricSamples(await answer.text());
    },
  };
}

function fieldOf(fields: readonly (readonly [string, string])[], name: string): string {
  const found = fields.filter(([field]) => field.toLowerCase() === name);
  assert.ok(found.length <= 1, `${name} comes ${found.length} times`);
  return found[0]?.[1] ?? '';
}

function split(spans: readonly ReceivedSpan[]): { server: ReceivedSpan; clients: ReceivedSpan[] } {
  const server = spans.find(({ kind }) => kind === SERVER);
  assert.ok(server !== undefined);
  const clients = spans.filter(({ kind }) => kind === CLIENT);
  for (const span of clients) {
    assert.equal(span.parentSpanId, server.spanId);
    assert.ok(span.startUs >= server.startUs && span.endUs <= server.endUs + 1000, 'an attempt is within its exchange');
  }
  return { server, clients };
}

describe('a trace', () => {
  test('goes on from its client through the balancer to the backend', async (t) => {
    const { collector, client, sent, log } = await bed(t, {
      env: { OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test', OTEL_EXPORTER_OTLP_HEADERS: 'x-key=s3cr3t' },
      tracing: { headers: { authorization: 'Bearer s3cr3t' } },
    });
    const fields = [parent(TRACE, '01'), 'tracestate: a=1,b=2', 'User-Agent: test/1', 'Authorization: Bearer s3cr3t'];
    await client.ask(get('/proxy/x?q=1&token=s3cr3t', ...fields));
    const { server, clients } = split(await collector.trace(TRACE, 2));
    assert.deepEqual(collector.complaints, []);
    assert.equal(server.parentSpanId, PARENT);
    assert.equal(server.traceState, 'a=1,b=2');
    assert.equal(server.name, 'GET /proxy/*');
    assert.deepEqual(sent(), [`00-${TRACE}-${clients[0]?.spanId}-01`], 'the backend follows the attempt');
    assert.equal(server.attributes['url.query'], 'q=1&token=REDACTED');
    assert.equal(server.attributes['http.response.status_code'], 200);
    assert.equal(server.attributes['edgebalancer.route'], 'app');
    assert.equal(clients[0]?.attributes['edgebalancer.pick.reason'], 'first');
    assert.match(String(clients[0]?.attributes['url.full']), /^http:\/\/127\.0\.0\.1:\d+\/x\?q=1&token=REDACTED$/);
    assert.equal(server.resource['service.name'], 'edgebalancer');
    assert.equal(server.resource['deployment.environment.name'], 'test');
    assert.equal(server.scope.name, 'edgebalancer');
    assert.deepEqual(
      [collector.requests[0]?.['x-key'], collector.requests[0]?.authorization],
      ['s3cr3t', 'Bearer s3cr3t'],
    );
    assert.ok(!JSON.stringify(collector.spans).includes('s3cr3t'));
    const skewUs = Math.abs(server.startUs - Date.now() * 1000);
    assert.ok(skewUs < 60e6, 'times are those of the wall clock');
    await until('the line', () => linesOf(log).length > 0);
    assert.equal(linesOf(log)[0]?.traceId, TRACE, 'the log names the same trace');
  });

  test('begins here where there is none, and where what there is is not valid', async (t) => {
    const { collector, client, sent, backend } = await bed(t);
    for (const fields of [
      [],
      ['tracestate: a=1'],
      ['traceparent: 00-1-2-01', 'tracestate: a=1'],
      [parent(TRACE, '01'), parent(TRACE, '01')],
    ])
      await client.ask(get('/proxy/x', ...fields));
    const traces = sent().map((line) => line.slice(3, 35));
    assert.equal(new Set(traces).size, 4);
    assert.ok(!traces.includes(TRACE));
    for (const trace of traces) {
      const { server, clients } = split(await collector.trace(trace, 2));
      assert.deepEqual([server.parentSpanId, server.traceState, clients.length], ['', '', 1]);
    }
    for (const { message } of backend.requests) assert.equal(fieldOf(message.fields, 'tracestate'), '');
  });

  test('whose client says that it is not recorded is not, and goes on as it came', async (t) => {
    const { collector, client, sent, running } = await bed(t);
    await client.ask(get('/proxy/x', parent(TRACE, '00')));
    await client.ask(get('/proxy/x', parent(traceOf(1), '01')));
    await terminate(running);
    assert.equal(sent()[0], `00-${TRACE}-${PARENT}-00`);
    assert.deepEqual(new Set(collector.spans.map(({ traceId }) => traceId)), new Set([traceOf(1)]));
  });

  test('of a client that asks too often is recorded only so many times', async (t) => {
    const { collector, client, sent, running, metrics } = await bed(t, { tracing: { sample: '0%', clients: '2/s' } });
    const asked = 40;
    for (let at = 0; at < asked; at++) await client.ask(get('/proxy/x', parent(traceOf(at), '01')));
    const refused = sent().filter((line) => line.endsWith(`-${PARENT}-00`)).length;
    assert.equal((await metrics()).sum('edgebalancer_traces_refused_total', {}), refused);
    await terminate(running);
    const recorded = collector.spans.filter(({ kind }) => kind === SERVER).length;
    assert.equal(recorded + refused, asked);
    assert.ok(recorded >= 2 && refused > 0, `${recorded} recorded`);
  });
});

describe('attempts', () => {
  test('that fail are spans of their own, and the next one says that it is sent again', async (t) => {
    const gone = await Origin.start('gone');
    const { url } = gone;
    await gone.stop();
    const { collector, client, sent } = await bed(t, {
      others: [url],
      pool: { retry: { attempts: 2, backoff: { base: '30ms', max: '30ms' } } },
    });
    for (let at = 0; at < 2; at++) await client.ask(get('/proxy/x', parent(traceOf(at), '01')));
    const spans = await until('the retried trace', () =>
      [0, 1]
        .map((at) => collector.spans.filter(({ traceId }) => traceId === traceOf(at)))
        .find(({ length }) => length === 3),
    );
    const { server, clients } = split(spans);
    const [first, second] = clients.sort((a, b) => a.startUs - b.startUs) as [ReceivedSpan, ReceivedSpan];
    assert.deepEqual([first.attributes['error.type'], first.status], ['connect-failure', ERROR]);
    assert.deepEqual(
      [first.attributes['http.request.resend_count'], second.attributes['http.request.resend_count']],
      [undefined, 1],
    );
    assert.equal(second.attributes['edgebalancer.pick.reason'], 'failover');
    assert.equal(second.status, 0);
    assert.equal(server.status, 0);
    const backoff = server.events.find(({ name }) => name === 'edgebalancer.backoff');
    if (backoff !== undefined) assert.ok(Number(backoff.attributes['edgebalancer.wait_ms']) > 0);
    assert.notEqual(first.spanId, second.spanId);
    assert.ok(
      sent().includes(`00-${server.traceId}-${second.spanId}-01`),
      'the second copy of the head names its own span',
    );
  });

  test('that are hedged are told apart', async (t) => {
    const slow = await Recorder.start();
    t.after(() => slow.stop());
    slow.script = () => ({ raw: '' });
    const { collector, client, backend } = await bed(t, {
      others: [slow.url],
      pool: { hedge: { after: '20ms', budget: '100%' } },
      tracing: { sample: '100%' },
    });
    for (let at = 0; at < 2; at++) await client.ask(get('/proxy/x', parent(traceOf(at), '01')));
    const spans = await until('the hedged trace', () =>
      [0, 1]
        .map((at) => collector.spans.filter(({ traceId }) => traceId === traceOf(at)))
        .find(({ length }) => length === 3),
    );
    const { clients } = split(spans);
    const hedge = clients.find(({ attributes }) => attributes['edgebalancer.pick.reason'] === 'hedge');
    const loser = clients.find(({ attributes }) => attributes['edgebalancer.outcome'] === 'cancelled');
    assert.ok(hedge !== undefined && loser !== undefined && hedge !== loser);
    assert.equal(hedge.attributes['http.request.resend_count'], 1);
    assert.deepEqual([loser.attributes['error.type'], loser.status], [undefined, 0]);
    const told = [slow, backend].flatMap(({ requests }) =>
      requests.map(({ message }) => fieldOf(message.fields, 'traceparent')),
    );
    for (const { traceId, spanId } of clients) assert.ok(told.includes(`00-${traceId}-${spanId}-01`));
  });

  test('have the status that the conventions want', async (t) => {
    const { collector, client, backend } = await bed(t, { pool: { retry: null } });
    const statuses = [200, 404, 500, 503];
    for (const [at, status] of statuses.entries()) {
      backend.script = () => ({ raw: `HTTP/1.1 ${status} X\r\nContent-Length: 0\r\n\r\n` });
      await client.ask(get('/proxy/x', parent(traceOf(at), '01')));
    }
    await client.ask(get('/nowhere', parent(traceOf(9), '01')));
    for (const [at, status] of statuses.entries()) {
      const { server, clients } = split(await collector.trace(traceOf(at), 2));
      assert.equal(server.attributes['http.response.status_code'], status);
      assert.deepEqual(
        [server.status, clients[0]?.status],
        [status >= 500 ? ERROR : 0, status >= 400 ? ERROR : 0],
        String(status),
      );
    }
    const [lost] = (await collector.trace(traceOf(9), 1)) as [ReceivedSpan];
    assert.deepEqual(
      [lost.name, lost.attributes['http.route'], lost.attributes['edgebalancer.fault']],
      ['GET', undefined, 'no-route'],
    );
  });
});

describe('sampling', () => {
  for (const [share, from, to] of [
    ['0%', 0, 0],
    ['20%', 0.08, 0.35],
    ['100%', 1, 1],
  ] as const) {
    test(`records ${share} of traces that begin here`, async (t) => {
      const { collector, client, running, sent } = await bed(t, { tracing: { sample: share } });
      const asked = 300;
      for (let at = 0; at < asked; at++) await client.ask(get('/proxy/x'));
      await terminate(running);
      const recorded = collector.spans.filter(({ kind }) => kind === SERVER).length;
      t.diagnostic(`${recorded} of ${asked}`);
      assert.ok(recorded >= from * asked && recorded <= to * asked, `${recorded} of ${asked}`);
      assert.equal(sent().filter((line) => line.endsWith('-01')).length, recorded, 'backends are told the same');
    });
  }
});

describe('a collector', () => {
  test('that is down costs nothing but spans, and gets what waits when it is there', async (t) => {
    const gone = await OtlpReceiver.start();
    await gone.stop();
    const { client, metrics, running } = await bed(t, { collector: gone });
    assert.match((await client.ask(get('/proxy/x', parent(TRACE, '01')))).startLine, / 200 /);
    await until('it was tried', () => running.output.includes('does not take spans'));
    const back = await OtlpReceiver.start(gone.port);
    t.after(() => back.stop());
    await back.trace(TRACE, 2);
    await until(
      'it is counted',
      async () => (await metrics()).sum('edgebalancer_trace_spans_total', { result: 'exported' }) >= 2,
    );
  });

  test('that is busy is asked again when it says, one that refuses is not', async (t) => {
    const { collector, client, metrics } = await bed(t);
    const answers: Answer[] = [{ status: 429, headers: { 'retry-after': '2' } }, {}, { status: 400 }];
    collector.answer = (request) => answers[request] ?? {};
    await client.ask(get('/proxy/x', parent(TRACE, '01')));
    await collector.trace(TRACE, 2);
    const [first = 0, second = 0] = collector.timesMs;
    assert.ok(second - first >= 1900, `${second - first} ms`);
    await client.ask(get('/proxy/x', parent(traceOf(1), '01')));
    const failed = async (): Promise<number> =>
      (await metrics()).sum('edgebalancer_trace_spans_total', { result: 'failed' });
    await until('it was refused', async () => (await failed()) === 2);
    assert.equal(collector.requests.length, 3);
  });

  test('that hangs holds up neither requests nor the end', async (t) => {
    const { collector, client, running } = await bed(t);
    collector.answer = () => ({ hang: true });
    for (let at = 0; at < 50; at++) assert.match((await client.ask(get('/proxy/x'))).startLine, / 200 /);
    await until('it was asked', () => collector.requests.length > 0);
    assert.match((await client.ask(get('/proxy/x'))).startLine, / 200 /);
    await terminate(running);
  });

  test('gets the last spans when the balancer is told to end', async (t) => {
    const { collector, client, running } = await bed(t);
    for (let at = 0; at < 5; at++) await client.ask(get('/proxy/x', parent(traceOf(at), '01')));
    await terminate(running);
    assert.equal(collector.spans.length, 10);
  });

  test('is changed without a restart, and so is the share', async (t) => {
    const { collector, client, running, sent } = await bed(t, { tracing: { otlp: null } });
    await client.ask(get('/proxy/x', parent(TRACE, '01')));
    assert.equal(sent()[0], `00-${TRACE}-${PARENT}-01`, 'who records nothing passes it on');
    const config = JSON.parse(readFileSync(running.file, 'utf8')) as { tracing: object };
    const reload = async (tracing: object): Promise<void> => {
      const before = running.output.split('configuration reloaded').length;
      writeFileSync(running.file, JSON.stringify({ ...config, tracing }));
      running.signal('SIGHUP');
      await until('it is in force', () => running.output.split('configuration reloaded').length > before);
    };
    await reload({ otlp: collector.url, sample: '100%' });
    await client.ask(get('/proxy/x', parent(traceOf(1), '01')));
    await collector.trace(traceOf(1), 2);
    const other = await OtlpReceiver.start();
    t.after(() => other.stop());
    await reload({ otlp: other.url, sample: '0%' });
    await client.ask(get('/proxy/x'));
    await client.ask(get('/proxy/x', parent(traceOf(2), '01')));
    await other.trace(traceOf(2), 2);
    assert.equal(other.spans.length, 2, 'what began here was not drawn');
    await reload({ otlp: null });
    await client.ask(get('/proxy/x', parent(traceOf(3), '01')));
    await terminate(running);
    assert.equal(other.spans.length, 2);
  });
});
