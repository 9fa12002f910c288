/** What a command is given instead of the process: where it writes, what it may look at, and whom it may ask. */
export interface Io {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Relative files are looked for here. */
  readonly cwd: string;
  /** Asks whoever sits at the terminal for one line; absent: there is nobody to ask. */
  readonly ask?: (question: string) => Promise<string>;
  /** Of the terminal that shows standard output; absent: it is none. */
  readonly columns?: number;
}
