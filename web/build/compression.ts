/** Compressed copies beside each file that gains by it, made once so that no request waits for them. */
import { readFile, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

/** Below this, what compression saves is less than the fields that say it. */
const BYTES_MIN = 512;
const TEXT = /\.(js|css|html|svg|json|txt)$/;

export interface Sizes {
  readonly plain: number;
  readonly gzip: number;
  readonly brotli: number;
}

/** Writes `path.gz` and `path.br`; sizes in bytes. */
export async function compress(path: string): Promise<Sizes> {
  const text = await readFile(path);
  const plain = text.length;
  if (!TEXT.test(path) || plain < BYTES_MIN) return { plain, gzip: plain, brotli: plain };
  const params = {
    [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
    [constants.BROTLI_PARAM_QUALITY]: 10,
    [constants.BROTLI_PARAM_SIZE_HINT]: plain,
  };
  const [zipped, brotli] = await Promise.all([
    promisify(gzip)(text, { level: 9 }),
    promisify(brotliCompress)(text, { params }),
  ]);
  await Promise.all([writeFile(`${path}.gz`, zipped), writeFile(`${path}.br`, brotli)]);
  return { plain, gzip: zipped.length, brotli: brotli.length };
}
