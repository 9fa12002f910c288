/** Which request head the load generator sends. */
export type HeadSize = 'tiny' | 'browser';

/** Bytes of the browser-sized head, the request line and the empty line included. */
export const BROWSER_HEAD_BYTES = 567;

/** What Chrome 140 sends for a fetch within a page, in its order; the cookie is padded to reach the size. */
const CHROME_FIELDS: readonly (readonly [string, string])[] = [
  ['Connection', 'keep-alive'],
  ['sec-ch-ua', '"Chromium";v="140", "Not=A?Brand";v="24"'],
  ['sec-ch-ua-mobile', '?0'],
  [
    'User-Agent',
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
  ],
  ['Accept', 'application/json'],
  ['Sec-Fetch-Site', 'same-origin'],
  ['Sec-Fetch-Mode', 'cors'],
  ['Sec-Fetch-Dest', 'empty'],
  ['Referer', 'http://app.example/'],
  ['Accept-Encoding', 'gzip, deflate, br, zstd'],
  ['Accept-Language', 'en-GB,en;q=0.9'],
];

/** The fields to send beside Host. wrk writes `GET path HTTP/1.1`, `Host: host:port`, then these, one a line. */
export function headFields(size: HeadSize, path: string, authority: string, close: boolean): [string, string][] {
  const fields: [string, string][] = size === 'tiny' ? [] : CHROME_FIELDS.map(([name, value]) => [name, value]);
  const at = fields.findIndex(([name]) => name === 'Connection');
  if (at >= 0) fields.splice(at, 1);
  if (close || size === 'browser') fields.unshift(['Connection', close ? 'close' : 'keep-alive']);
  if (size === 'browser') {
    const bare = headBytes(path, authority, fields) + 'Cookie: session=\r\n'.length;
    if (bare > BROWSER_HEAD_BYTES) throw new Error(`the browser's head has ${bare} bytes without its cookie`);
    fields.push(['Cookie', `session=${'3f9a6c1e'.repeat(20).slice(0, BROWSER_HEAD_BYTES - bare)}`]);
  }
  return fields;
}

function headBytes(path: string, authority: string, fields: readonly [string, string][]): number {
  const lines = [`GET ${path} HTTP/1.1`, `Host: ${authority}`, ...fields.map(([name, value]) => `${name}: ${value}`)];
  return lines.reduce((sum, line) => sum + line.length + 2, 2);
}
