/**
 * Loaded into the process of every test file (`--import`): what it prints leaves whole before it ends. Node writes to a pipe
 * without waiting, so a file that is ended by `process.exit` (that is what --test-force-exit does) loses the end of its
 * results when whoever reads them is busy: its last tests are then neither passed nor failed, but missing.
 */
interface Blockable {
  readonly _handle?: { setBlocking?(on: boolean): number };
}

// A worker thread has no handle here: it writes through its main thread.
(process.stdout as Blockable)._handle?.setBlocking?.(true);
