/** That the receiver which our traces are tested against takes what OpenTelemetry's own exporter sends, and no nonsense. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { AlwaysOnSampler, BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { CLIENT, ERROR, OtlpReceiver, SERVER, type ReceivedSpan } from '../support/otlp-receiver.ts';

test("the receiver reads OpenTelemetry's own exporter", async (t) => {
  const receiver = await OtlpReceiver.start();
  t.after(() => receiver.stop());
  const exporter = new OTLPTraceExporter({ url: `${receiver.url}/v1/traces`, headers: { 'x-key': '1' } });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'theirs' }),
    sampler: new AlwaysOnSampler(),
    spanProcessors: [new BatchSpanProcessor({ exporter })],
  });
  const tracer = provider.getTracer('scope', '1');
  const outer = tracer.startSpan('GET /x', { kind: SpanKind.SERVER, attributes: { 'http.response.status_code': 200 } });
  const inner = tracer.startSpan('GET', { kind: SpanKind.CLIENT }, trace.setSpan(ROOT_CONTEXT, outer));
  inner.addEvent('connected', { wait: 1.5, new: true });
  inner.setStatus({ code: SpanStatusCode.ERROR });
  inner.end();
  outer.end();
  await provider.forceFlush();
  await provider.shutdown();
  assert.deepEqual(receiver.complaints, []);
  const [client, server] = receiver.spans as [ReceivedSpan, ReceivedSpan];
  assert.deepEqual([client.kind, client.status, server.kind, server.status], [CLIENT, ERROR, SERVER, 0]);
  assert.deepEqual([client.traceId, client.parentSpanId], [server.traceId, server.spanId]);
  assert.deepEqual([server.name, server.attributes], ['GET /x', { 'http.response.status_code': 200 }]);
  assert.deepEqual(client.events[0]?.attributes, { wait: 1.5, new: true });
  assert.equal(server.resource['service.name'], 'theirs');
  assert.equal(receiver.requests[0]?.['x-key'], '1');
});

test('it complains of what the protocol does not allow', async (t) => {
  const receiver = await OtlpReceiver.start();
  t.after(() => receiver.stop());
  const span = {
    traceId: 'a'.repeat(32),
    spanId: 'b'.repeat(16),
    name: 'x',
    kind: 2,
    attributes: [],
    events: [],
    status: {},
  };
  const times = { startTimeUnixNano: '1700000000000000000', endTimeUnixNano: '1700000000000000001' };
  for (const wrong of [
    { traceId: 'A'.repeat(32) },
    { spanId: '0'.repeat(16) },
    { startTimeUnixNano: 1.7e18 },
    { endTimeUnixNano: '1600000000000000000' },
    { kind: 'SPAN_KIND_SERVER' },
    { attributes: [{ key: 'a', value: { intValue: 1.5 } }] },
  ]) {
    const body = {
      resourceSpans: [
        { resource: { attributes: [] }, scopeSpans: [{ scope: {}, spans: [{ ...span, ...times, ...wrong }] }] },
      ],
    };
    const before = receiver.complaints.length;
    await fetch(`${receiver.url}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    assert.equal(receiver.complaints.length, before + 1, JSON.stringify(wrong));
  }
});
