/**
 * What spans say of an exchange and its attempts: OpenTelemetry's stable attributes for HTTP (semantic conventions, "HTTP
 * spans"), and under `edgebalancer.` what only a balancer knows. A target's secrets are hidden here, as in the access log.
 */
import { Fault, faultRow } from '#core/fault.ts';
import { OUTCOME_NAMES, Outcome, isFailure } from '#core/outcome.ts';
import { PICK_REASON_NAMES } from '#core/pick-reason.ts';
import { METHOD_SERIES } from '#memory/counters.ts';
import { TARGET_BYTES_MAX } from './exchange-notes.ts';
import type { AttemptRecord, SpanRecord } from './span-record.ts';
import { AttributeText } from './span-text.ts';
import { putTarget } from './target-text.ts';

/** Every byte of a target may take six to escape, and values that are hidden grow. */
const scratch = Buffer.alloc(8 * TARGET_BYTES_MAX);
/** Those that conventions know: all that have a series, and no `_OTHER`. */
const KNOWN_METHODS: ReadonlySet<string> = new Set(METHOD_SERIES.slice(1));
const OTHER = '_OTHER';
const PORT_OF_HTTP = 80;
const PORT_OF_HTTPS = 443;
const HTTPS = 'https://';

/** A target as a log may show it, escaped for JSON. */
export interface Target {
  readonly path: string;
  /** Empty: there is none. */
  readonly query: string;
}

/** What the name of a span begins with. */
export function methodName({ method }: SpanRecord): string {
  return KNOWN_METHODS.has(method) ? method : OTHER;
}

/** Whether the proxy or what is behind it failed: statuses of 500 and above, and answers that were cut short. */
export function isServerError({ status, fault }: SpanRecord): boolean {
  return status >= 500 || fault === Fault.upstreamTruncated;
}

/** Any answer of 400 and above is an error to who asked for it, and so is none. */
export function isClientError({ status, outcome }: AttemptRecord): boolean {
  return outcome !== Outcome.cancelled && (status >= 400 || isFailure(outcome as Outcome));
}

/** As the inside of a JSON list. */
export function serverAttributes(record: SpanRecord, { path, query }: Target): string {
  const { status, fault, host, peer, peerPort, attempts, attemptCount } = record;
  const out = new AttributeText();
  putMethod(out, record);
  if (path !== '') out.escaped('url.path', path);
  if (query !== '') out.escaped('url.query', query);
  out.name('url.scheme', record.secure ? 'https' : 'http');
  if (host !== '') putServer(out, host, record.secure);
  out.text('client.address', record.client === null ? peer : addressText(record.client));
  out.text('network.peer.address', peer);
  if (peerPort > 0) out.integer('network.peer.port', peerPort);
  out.name('network.protocol.version', record.versionMinor === 0 ? '1.0' : '1.1');
  if (record.pattern !== '') out.name('http.route', record.pattern);
  if (record.userAgent !== '') out.text('user_agent.original', record.userAgent);
  if (status > 0) out.integer('http.response.status_code', status);
  if (fault !== 0) out.name('edgebalancer.fault', faultRow(fault).name);
  if (isServerError(record)) out.name('error.type', fault === 0 ? String(status) : faultRow(fault).name);
  if (record.requestId !== '') out.text('edgebalancer.request.id', record.requestId);
  out.name('edgebalancer.listener', record.listener);
  if (record.route !== '') out.name('edgebalancer.route', record.route);
  if (record.pool !== '') out.name('edgebalancer.pool', record.pool);
  if (record.strategy !== '') out.name('edgebalancer.strategy', record.strategy);
  if (record.backend !== '') out.name('edgebalancer.backend', record.backend);
  out.integer('edgebalancer.attempts', attemptCount);
  if (attemptCount > attempts.length) out.integer('edgebalancer.attempts.omitted', attemptCount - attempts.length);
  return out.json;
}

/** As the inside of a JSON list. */
export function clientAttributes(record: SpanRecord, attempt: AttemptRecord, target: Target): string {
  const { status, outcome, ordinal, reason } = attempt;
  const secure = attempt.authority.startsWith(HTTPS);
  const authority = secure ? attempt.authority.slice(HTTPS.length) : attempt.authority;
  const out = new AttributeText();
  putMethod(out, record);
  putBackend(out, authority, secure);
  const place = authority.startsWith('/') ? 'localhost' : authority;
  const scheme = secure ? HTTPS : 'http://';
  out.escaped('url.full', `${scheme}${JSON.stringify(place).slice(1, -1)}${behindStrip(target, record.stripBytes)}`);
  out.name('network.protocol.version', '1.1');
  if (status > 0) out.integer('http.response.status_code', status);
  if (ordinal > 0) out.integer('http.request.resend_count', ordinal);
  if (isClientError(attempt)) {
    const answered = status >= 400 && outcome <= Outcome.gatewayError;
    out.name('error.type', answered ? String(status) : (OUTCOME_NAMES[outcome] ?? OTHER));
  }
  out.name('edgebalancer.pool', record.pool);
  out.name('edgebalancer.backend', attempt.backend);
  out.name('edgebalancer.strategy', record.strategy);
  out.name('edgebalancer.pick.reason', PICK_REASON_NAMES[reason] ?? OTHER);
  out.name('edgebalancer.outcome', OUTCOME_NAMES[outcome] ?? OTHER);
  return out.json;
}

/** Path and query as a log may show them. */
export function targetOf({ target }: SpanRecord): Target {
  const end = putTarget(scratch, 0, scratch.length, target, 0, target.length);
  const shown = scratch.toString('utf8', 0, Math.max(0, end));
  // An absolute target: what is behind its authority (RFC 9112, section 3.2.2).
  const authority = shown.startsWith('/') ? '' : (/^[a-z][a-z0-9+.-]*:\/\/[^/?]*/i.exec(shown)?.[0] ?? '');
  const rest = shown.slice(authority.length);
  const question = rest.indexOf('?');
  const path = question === -1 ? rest : rest.slice(0, question);
  return {
    path: path === '' && authority !== '' ? '/' : path,
    query: question === -1 ? '' : rest.slice(question + 1),
  };
}

/** The target as the backend gets it. What is taken off its front was written so by the operator: nothing of it is escaped. */
function behindStrip({ path, query }: Target, stripBytes: number): string {
  const stripped = path.slice(stripBytes);
  const shown = stripped.startsWith('/') || path === '*' ? stripped : `/${stripped}`;
  return query === '' ? shown : `${shown}?${query}`;
}

function putMethod(out: AttributeText, record: SpanRecord): void {
  const name = methodName(record);
  out.name('http.request.method', name);
  if (name === OTHER && record.method !== '') out.text('http.request.method_original', record.method);
}

/** A Host field's parts. */
function putServer(
  out: AttributeText,
  host: string,
  secure: boolean,
): { readonly address: string; readonly port: number } {
  const match = /^(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?$/.exec(host);
  const address = (match?.[1] ?? host).replace(/^\[(.*)\]$/, '$1');
  const port = match?.[2] === undefined ? (secure ? PORT_OF_HTTPS : PORT_OF_HTTP) : Number(match[2]);
  out.text('server.address', address);
  out.integer('server.port', port);
  return { address, port };
}

/** A backend's address; where that is an IP address, the peer's too. */
function putBackend(out: AttributeText, authority: string, secure: boolean): void {
  if (authority.startsWith('/')) {
    out.name('server.address', authority);
    out.name('network.transport', 'unix');
    return;
  }
  const { address, port } = putServer(out, authority, secure);
  if (!address.includes(':') && !/^\d+\.\d+\.\d+\.\d+$/.test(address)) return;
  out.name('network.peer.address', address);
  out.integer('network.peer.port', port);
}

/** An address out of four words; IPv4 lies at ::ffff:0:0/96. Not shortened: it is compared by programs. */
function addressText(words: readonly [number, number, number, number]): string {
  const [a, b, c, d] = words;
  if (a === 0 && b === 0 && c === 0xffff) return [d >>> 24, (d >>> 16) & 255, (d >>> 8) & 255, d & 255].join('.');
  return words.flatMap((word) => [(word >>> 16).toString(16), (word & 0xffff).toString(16)]).join(':');
}
