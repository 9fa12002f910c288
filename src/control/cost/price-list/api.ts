/**
 * The Price List Query API: AWS JSON 1.1 over HTTPS, signed. It is answered in a few regions, and us-east-1 has the prices of
 * all. Credentials sign requests to this one address and go nowhere else: redirects are refused.
 * https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_pricing_GetProducts.html
 */
import { z } from 'zod';
import { CostError } from '../cost-error.ts';
import { reason } from '../../aws/credentials.ts';
import { offerOf, type Offer } from './offers.ts';
import type { PriceQuery } from './queries.ts';
import { signedHeaders, type AwsCredentials } from '../../aws/signature.ts';

export const PRICE_LIST_API = 'https://api.pricing.us-east-1.amazonaws.com/';

const REGION = 'us-east-1';
const SERVICE = 'pricing';
const TARGET = 'AWSPriceListService.GetProducts';
/** The most that one answer may hold, says the API. */
const PAGE = 100;
/** The widest of our queries has a few hundred products; more pages than this is not what was asked for. */
const PAGES_MAX = 20;
const TIMEOUT_MS = 20_000;

const answer = z.object({ PriceList: z.array(z.string()), NextToken: z.string().nullish() });
const refusal = z.object({ __type: z.string().optional(), message: z.string().optional() });

export interface ApiAccess {
  readonly credentials: AwsCredentials;
  readonly fetch: typeof fetch;
  readonly nowMs: () => number;
  /** For tests: a server of this machine that speaks the protocol. */
  readonly endpoint?: string;
}

/** Every product that a query finds. Rejects with a `CostError`. */
export async function productsOf(query: PriceQuery, access: ApiAccess): Promise<Offer[]> {
  const offers: Offer[] = [];
  let token: string | null = null;
  for (let page = 0; page < PAGES_MAX; page++) {
    const { PriceList, NextToken } = await ask(query, token, access);
    offers.push(...PriceList.map(offerOf).filter((offer) => offer !== null));
    token = NextToken ?? null;
    if (token === null || token === '') return offers;
  }
  throw new CostError(
    'service',
    `The price list has more than ${PAGES_MAX * PAGE} products of ${query.service} to offer.`,
  );
}

async function ask(
  { service, filters }: PriceQuery,
  token: string | null,
  access: ApiAccess,
): Promise<z.output<typeof answer>> {
  const url = endpointOf(access.endpoint);
  const body = JSON.stringify({
    ServiceCode: service,
    Filters: Object.entries(filters).map(([Field, Value]) => ({ Type: 'TERM_MATCH', Field, Value })),
    FormatVersion: 'aws_v1',
    MaxResults: PAGE,
    ...(token === null ? {} : { NextToken: token }),
  });
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': TARGET };
  const signed = signedHeaders({ method: 'POST', url, headers, body }, access.credentials, {
    region: REGION,
    service: SERVICE,
    nowMs: access.nowMs(),
  });
  // The client sets the host itself, to what was signed.
  const { host: _host, ...sent } = signed;
  let response: Response;
  let text: string;
  try {
    response = await access.fetch(url, {
      method: 'POST',
      headers: sent,
      body,
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    text = await response.text();
  } catch (error) {
    throw new CostError('', `The AWS Price List at ${url.host} did not answer: ${reason(error)}.`);
  }
  if (!response.ok) throw refused(response.status, text);
  const read = answer.safeParse(parsed(text));
  if (!read.success)
    throw new CostError('service', `The AWS Price List gave an answer of ${service} that cannot be read.`);
  return read.data;
}

/** Signed requests go to AWS, or to this machine where a test stands in for it. */
function endpointOf(endpoint = PRICE_LIST_API): URL {
  const url = new URL(endpoint);
  if (endpoint === PRICE_LIST_API || ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname)) return url;
  throw new Error(`${url.host} is not where the AWS Price List is`);
}

/** Credentials that are refused are refused for all; another refusal may be of this one question. */
function refused(status: number, text: string): CostError {
  const read = refusal.safeParse(parsed(text));
  const type = read.data?.__type?.split('#').at(-1) ?? `status ${status}`;
  if (
    /AccessDenied|UnrecognizedClient|InvalidSignature|ExpiredToken|MissingAuthentication|InvalidClientToken/.test(type)
  )
    return new CostError(
      'credentials',
      `AWS refuses these credentials (${type}); they need the permission pricing:GetProducts. Public price files need none: \`edgebalancer cost refresh --public\`.`,
    );
  return new CostError('service', `The AWS Price List refuses to answer (${type}).`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
