/** The codec as the fuzzer drives it: three entries, so that a test can put a broken one in the place of the real one. */
import { ChunkedDecoder } from '#http1/chunked.ts';
import { parseRequestHead } from '#http1/request-head.ts';
import { parseResponseHead } from '#http1/response-head.ts';

export type Decoder = Pick<ChunkedDecoder, 'event' | 'dataBytes' | 'reset' | 'next' | 'scanVerbatim' | 'takeHeld'>;

export interface Codec {
  readonly parseRequestHead: typeof parseRequestHead;
  readonly parseResponseHead: typeof parseResponseHead;
  decoder(): Decoder;
}

export const CODEC: Codec = { parseRequestHead, parseResponseHead, decoder: () => new ChunkedDecoder() };

/** The codec broke a promise that holds whatever the input: an offset out of bounds, no progress, a changed mind. */
export class Violation extends Error {
  readonly kind: 'bounds' | 'progress' | 'state';

  constructor(kind: Violation['kind'], message: string) {
    super(message);
    this.kind = kind;
  }
}
