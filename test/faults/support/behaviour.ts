/** What a backend process does with requests, and what its parent may tell it. */
export interface Behaviour {
  /**
   * - `answer`: as it should, after `delayMs`.
   * - `hold`: when it is told to (`release`), or never.
   * - `reset`: reads the request, then resets the connection.
   * - `close`: reads the request, then ends the connection without a word.
   * - `cut`: half of the answer's body, then a reset; `cut-clean`: half of it, then a plain end.
   * - `garbage`: bytes that are no HTTP.
   */
  readonly mode: 'answer' | 'hold' | 'reset' | 'close' | 'cut' | 'cut-clean' | 'garbage';
  readonly delayMs: number;
  /** Bytes of the answer's body. */
  readonly bytes: number;
  /** Share of the requests, evenly spread, that are answered with `failStatus`. */
  readonly failShare: number;
  readonly failStatus: number;
  /** Sent with `failStatus`, unless empty. */
  readonly retryAfter: string;
  /** What probes are told. */
  readonly healthy: boolean;
  /** Ends connections that have been unused for this long since their last answer; 0: never. */
  readonly idleMs: number;
  /** Every answer asks for the end of its connection. */
  readonly closing: boolean;
}

export const USUAL: Behaviour = {
  mode: 'answer',
  delayMs: 0,
  bytes: 200,
  failShare: 0,
  failStatus: 503,
  retryAfter: '',
  healthy: true,
  idleMs: 0,
  closing: false,
};

/** `seq` comes back when it is done. */
export type Command = { readonly seq: number } & (
  | { readonly set: Partial<Behaviour> }
  /** Answers what is held. */
  | { readonly release: true }
  /** Closes the listening socket and resets all connections: connecting is refused from then on. */
  | { readonly refuse: true }
  | { readonly listen: { readonly backlog: number } }
  /** Closes the listening socket and unused connections, ends when the others have. */
  | { readonly leave: true }
);

export type Told = { readonly done: number } | { readonly listening: number } | { readonly taken: true };
