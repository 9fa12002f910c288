/** One kind of body: which way it goes, how large, and at what pace its receiver takes it. */
export interface Kind {
  readonly id: string;
  readonly title: string;
  readonly direction: 'download' | 'upload';
  readonly bytes: number;
  readonly connections: number;
  /** Bodies a slice. */
  readonly count: number;
  /** The receiver takes no more than this; null: as fast as it can. */
  readonly bytesPerSecond: number | null;
}

const MB = 1_000_000;
const large = { bytes: 100 * MB, connections: 1, count: 3, bytesPerSecond: null };
const slow = { bytes: 100 * MB, connections: 1, count: 1, bytesPerSecond: 50 * MB };
const small = { bytes: MB, connections: 8, count: 200, bytesPerSecond: null };

/** Large ones first: memory is compared with that before any body. */
export const KINDS: readonly Kind[] = [
  { id: '100-down', title: '100 MB download', direction: 'download', ...large },
  { id: '100-up', title: '100 MB upload', direction: 'upload', ...large },
  { id: '100-down-slow', title: '100 MB download, the client takes 50 MB/s', direction: 'download', ...slow },
  { id: '100-up-slow', title: '100 MB upload, the backend takes 50 MB/s', direction: 'upload', ...slow },
  { id: '1-down', title: '1 MB download, 8 connections', direction: 'download', ...small },
  { id: '1-up', title: '1 MB upload, 8 connections', direction: 'upload', ...small },
];

/** What the client is asked to do. */
export interface BodyOrder {
  readonly kind: Kind;
  readonly port: number;
}

export interface BodyResult {
  readonly seconds: number;
  readonly bodies: number;
  /** Why bodies did not come through whole; empty when all did. */
  readonly problems: readonly string[];
}

/** Sent by both sides, again and again: not zeros, and one block for all connections. */
export const BLOCK = Buffer.alloc(256 * 1024, 'EdgeBalancer streams bodies and keeps none. ');
