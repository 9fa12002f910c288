/**
 * The price files that AWS publishes for everybody, one for each service and region. They need no credentials, and are large:
 * a file is read up to a limit, and a service whose file is above it is left out.
 * https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/using-price-list-query-api-bulk.html
 */
import { CostError } from '../cost-error.ts';
import { reason } from '../../aws/credentials.ts';
import { offersOf, type Offer } from './offers.ts';
import type { PriceQuery } from './queries.ts';

export const PRICE_FILES = 'https://pricing.us-east-1.amazonaws.com/';

/** The largest that is read, CloudFront's, has a few MB. */
const FILE_BYTES_MAX = 64 * 1024 * 1024;
const TIMEOUT_MS = 60_000;

export interface FileAccess {
  readonly fetch: typeof fetch;
  /** For tests. */
  readonly base?: string;
}

/** Reads each file once, whatever is asked of it. */
export class PublicFiles {
  readonly #access: FileAccess;
  readonly #files = new Map<string, Promise<Offer[]>>();

  constructor(access: FileAccess) {
    this.#access = access;
  }

  /** Every product that a query would find. Rejects with a `CostError`. */
  async productsOf({ service, filters }: PriceQuery): Promise<Offer[]> {
    const region = filters.regionCode ?? filters.fromRegionCode;
    // CloudFront has no region: its one file has all edge locations.
    const path = `offers/v1.0/aws/${service}/current/${region === undefined ? '' : `${region}/`}index.json`;
    let file = this.#files.get(path);
    if (file === undefined) this.#files.set(path, (file = this.#read(path)));
    const wanted = Object.entries(filters).filter(([name]) => name !== 'productFamily');
    return (await file).filter(({ attributes }) =>
      wanted.every(([name, value]) => (attributes[name] ?? value) === value),
    );
  }

  async #read(path: string): Promise<Offer[]> {
    const url = new URL(path, this.#access.base ?? PRICE_FILES);
    let text: string;
    try {
      const response = await this.#access.fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
      if (response.status === 404 || response.status === 403)
        throw new CostError('service', `AWS has no price file ${url}`);
      if (!response.ok) throw new Error(`status ${response.status}`);
      text = await bounded(response);
    } catch (error) {
      if (error instanceof CostError) throw error;
      throw new CostError('', `${url} could not be read: ${reason(error)}.`);
    }
    const offers = offersOf(text);
    if (offers === null) throw new CostError('service', `${url} is no price file`);
    return offers;
  }
}

async function bounded(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body ?? []) {
    bytes += (part as Uint8Array).byteLength;
    if (bytes > FILE_BYTES_MAX) throw new CostError('service', `the file is larger than ${FILE_BYTES_MAX} bytes`);
    parts.push(part as Uint8Array);
  }
  return Buffer.concat(parts).toString('utf8');
}
