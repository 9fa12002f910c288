/**
 * Where spans go and what they say of this process, from the configuration and from the environment variables that
 * OpenTelemetry gives a meaning to: OTEL_EXPORTER_OTLP_HEADERS, OTEL_EXPORTER_OTLP_TRACES_HEADERS, OTEL_RESOURCE_ATTRIBUTES
 * and OTEL_SERVICE_NAME. What the configuration says wins over the environment, what is more particular over what is less.
 */
import type { Environment } from '#control/config/environment.ts';
import { hideInUrl } from '#control/config/redaction.ts';
import type { Config } from '#control/config/schema.ts';

export interface TraceSettings {
  readonly url: URL;
  /** The URL as it may be shown. */
  readonly shownUrl: string;
  /** Secret. */
  readonly headers: Readonly<Record<string, string>>;
  readonly resource: Readonly<Record<string, string>>;
}

/** More of a variable is not looked at: an environment is no place for megabytes. */
const PAIRS_MAX = 128;
const TRACES_PATH = '/v1/traces';
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** What a header's value may hold (RFC 9110, section 5.5), ASCII only. */
const FIELD_VALUE = /^[\t\x20-\x7e]*$/;

/** Null: no spans are sent. `about` is what this process is known as, before the environment says otherwise. */
export function traceSettings(
  { otlp, headers }: Config['tracing'],
  env: Environment,
  about: { readonly version: string; readonly instance: string },
): TraceSettings | null {
  if (otlp === null) return null;
  const url = new URL(otlp);
  // A base URL, as OTEL_EXPORTER_OTLP_ENDPOINT has it, or the whole.
  if (!url.pathname.endsWith(TRACES_PATH)) url.pathname = url.pathname.replace(/\/*$/, TRACES_PATH);
  return {
    url,
    shownUrl: hideInUrl(url.href),
    headers: {
      ...headersOf(env['OTEL_EXPORTER_OTLP_HEADERS']),
      ...headersOf(env['OTEL_EXPORTER_OTLP_TRACES_HEADERS']),
      ...headers,
    },
    resource: resourceOf(env, about),
  };
}

function resourceOf(
  env: Environment,
  about: { readonly version: string; readonly instance: string },
): Record<string, string> {
  const name = env['OTEL_SERVICE_NAME'];
  return {
    'service.name': 'edgebalancer',
    'service.version': about.version,
    'service.instance.id': about.instance,
    ...Object.fromEntries(pairsOf(env['OTEL_RESOURCE_ATTRIBUTES'])),
    ...(name !== undefined && name !== '' && { 'service.name': name }),
  };
}

function headersOf(text: string | undefined): Record<string, string> {
  return Object.fromEntries(
    pairsOf(text)
      .filter(([name, value]) => TOKEN.test(name) && FIELD_VALUE.test(value))
      .map(([name, value]) => [name.toLowerCase(), value]),
  );
}

/** `a=1,b=2`, values percent-encoded as in a W3C Baggage; what is not of that form is passed over. */
function pairsOf(text: string | undefined): (readonly [string, string])[] {
  if (text === undefined) return [];
  return text
    .split(',', PAIRS_MAX)
    .map((pair) => pair.split(';', 1)[0] as string)
    .flatMap((pair) => {
      const equals = pair.indexOf('=');
      const key = pair.slice(0, Math.max(0, equals)).trim();
      const value = decoded(pair.slice(equals + 1).trim());
      return key === '' || value === null ? [] : [[key, value] as const];
    });
}

function decoded(value: string): string | null {
  try {
    return decodeURIComponent(value);
  } catch {
    return null;
  }
}
