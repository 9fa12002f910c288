/**
 * Which form of the metrics a scraper gets, by its Accept field (RFC 9110, 12.5.1): OpenMetrics where it is wanted at least as
 * much as plain text, else the text format, whatever is asked for. A version that is not 0.0.1 or 1.x is not spoken here.
 */
import type { Form } from './exposition.ts';

/** An Accept field longer than this is no scraper's. */
const ACCEPT_MAX = 2048;

export function formOf(accept: string | undefined): Form {
  if (accept === undefined || accept.length > ACCEPT_MAX) return 'text';
  let open = 0;
  let plain = 0;
  for (const range of accept.toLowerCase().split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim());
    const quality = Number(valueOf(parameters, 'q') ?? 1);
    if (!(quality > 0)) continue;
    if (type === 'application/openmetrics-text') {
      const version = valueOf(parameters, 'version') ?? '1.0.0';
      if (version === '0.0.1' || version.startsWith('1.')) open = Math.max(open, quality);
    } else if (type === 'text/plain') {
      plain = Math.max(plain, quality);
    }
  }
  return open > 0 && open >= plain ? 'openmetrics' : 'text';
}

function valueOf(parameters: readonly string[], name: string): string | undefined {
  const found = parameters.find((parameter) => parameter.startsWith(`${name}=`));
  return found?.slice(name.length + 1).replaceAll('"', '');
}
