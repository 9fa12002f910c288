/**
 * A stand-in for the AWS Price List on this machine: its Query API (AWS JSON 1.1, signed, in pages) and its public files. It
 * checks signatures by itself, from the published rules and not with the code that made them.
 */
import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Product {
  readonly service: string;
  /** Of the product itself. */
  readonly family: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly unit: string;
  /** USD from the beginning of each range, as the list writes them. */
  readonly ranges: readonly (readonly [begin: string, usd: string])[];
}

export interface PriceListServer {
  readonly url: string;
  /** Targets of `GetProducts` and paths of files, in order. */
  readonly asked: string[];
  readonly headers: IncomingMessage['headers'][];
  /** What the API answers instead, when set. */
  refusal: { readonly status: number; readonly body: string; readonly location?: string } | null;
  close(): Promise<void>;
}

export async function priceListServer(
  products: readonly Product[],
  secret: string,
  pageSize = 2,
): Promise<PriceListServer> {
  const asked: string[] = [];
  const headers: IncomingMessage['headers'][] = [];
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      headers.push(request.headers);
      if (request.method === 'GET') return file(products, request.url ?? '', asked, response);
      const { refusal } = found;
      if (refusal !== null) {
        response.writeHead(refusal.status, refusal.location === undefined ? {} : { location: refusal.location });
        return response.end(refusal.body);
      }
      const wrong = wrongIn(request, body, secret);
      if (wrong !== null)
        return json(response, 400, { __type: 'com.amazon.coral.service#InvalidSignatureException', message: wrong });
      return getProducts(products, body, pageSize, asked, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const found: PriceListServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    asked,
    headers,
    refusal: null,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return found;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
  response.end(JSON.stringify(body));
}

/** Null when the request is what AWS would accept. */
function wrongIn({ headers, method, url }: IncomingMessage, body: string, secret: string): string | null {
  if (method !== 'POST' || url !== '/') return 'not a POST to /';
  if (headers['content-type'] !== 'application/x-amz-json-1.1') return 'content type';
  if (headers['x-amz-target'] !== 'AWSPriceListService.GetProducts') return 'target';
  const parts =
    /^AWS4-HMAC-SHA256 Credential=(\w+)\/(\d{8})\/us-east-1\/pricing\/aws4_request, SignedHeaders=([\w;-]+), Signature=([0-9a-f]{64})$/.exec(
      headers.authorization ?? '',
    );
  if (parts === null) return 'authorization';
  const [, , day, names, signature] = parts as unknown as [string, string, string, string, string];
  for (const name of ['content-type', 'host', 'x-amz-date', 'x-amz-target'])
    if (!names.split(';').includes(name)) return `${name} is not signed`;
  const lines = names.split(';').map((name) => `${name}:${headers[name] as string}\n`);
  const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
  const canonical = `POST\n/\n\n${lines.join('')}\n${names}\n${hash(body)}`;
  const text = `AWS4-HMAC-SHA256\n${headers['x-amz-date'] as string}\n${day}/us-east-1/pricing/aws4_request\n${hash(canonical)}`;
  let key = Buffer.from(`AWS4${secret}`);
  for (const part of [day, 'us-east-1', 'pricing', 'aws4_request'])
    key = createHmac('sha256', key).update(part).digest();
  return createHmac('sha256', key).update(text).digest('hex') === signature ? null : 'signature';
}

interface GetProducts {
  readonly ServiceCode: string;
  readonly Filters: readonly { readonly Type: string; readonly Field: string; readonly Value: string }[];
  readonly FormatVersion: string;
  readonly MaxResults: number;
  readonly NextToken?: string;
}

function getProducts(
  products: readonly Product[],
  body: string,
  pageSize: number,
  asked: string[],
  response: ServerResponse,
): void {
  const { ServiceCode, Filters, FormatVersion, MaxResults, NextToken } = JSON.parse(body) as GetProducts;
  asked.push(`${ServiceCode} ${NextToken ?? ''}`.trim());
  if (FormatVersion !== 'aws_v1' || MaxResults > 100 || Filters.some(({ Type }) => Type !== 'TERM_MATCH'))
    return json(response, 400, { __type: 'InvalidParameterException' });
  const fitting = products.filter(
    (product) =>
      product.service === ServiceCode &&
      Filters.every(({ Field, Value }) =>
        Field === 'productFamily' ? product.family === Value : product.attributes[Field] === Value,
      ),
  );
  const from = NextToken === undefined ? 0 : Number(NextToken);
  const page = fitting.slice(from, from + pageSize);
  return json(response, 200, {
    FormatVersion,
    PriceList: page.map((product, at) =>
      JSON.stringify({
        serviceCode: product.service,
        product: { productFamily: product.family, attributes: product.attributes, sku: `SKU${from + at}` },
        terms: { OnDemand: { [`SKU${from + at}.T`]: termOf(product) } },
        publicationDate: '2026-11-20T00:00:00Z',
      }),
    ),
    ...(from + pageSize < fitting.length ? { NextToken: String(from + pageSize) } : {}),
  });
}

function termOf({ unit, ranges }: Product) {
  const dimensions = ranges.map(([begin, usd], at) => [
    `T.${at}`,
    { unit, beginRange: begin, endRange: ranges[at + 1]?.[0] ?? 'Inf', pricePerUnit: { USD: usd }, description: '' },
  ]);
  return { effectiveDate: '2026-11-01T00:00:00Z', priceDimensions: Object.fromEntries(dimensions) as object };
}

/** `/offers/v1.0/aws/SERVICE/current/REGION/index.json` */
function file(products: readonly Product[], path: string, asked: string[], response: ServerResponse): void {
  asked.push(path);
  const [, service, region] = /^\/offers\/v1\.0\/aws\/(\w+)\/current\/(?:([\w-]+)\/)?index\.json$/.exec(path) ?? [];
  const held = products.filter(
    (product) =>
      product.service === service &&
      (region === undefined || [product.attributes.regionCode, product.attributes.fromRegionCode].includes(region)),
  );
  if (held.length === 0) return json(response, 404, {});
  return json(response, 200, {
    products: Object.fromEntries(
      held.map(({ family, attributes }, at) => [`S${at}`, { sku: `S${at}`, productFamily: family, attributes }]),
    ) as object,
    terms: {
      OnDemand: Object.fromEntries(held.map((product, at) => [`S${at}`, { [`S${at}.T`]: termOf(product) }])) as object,
    },
  });
}
