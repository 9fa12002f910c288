/** What a command is given instead of the process: where it writes, and what it may look at. */
export interface Io {
  stdout(text: string): void;
  stderr(text: string): void;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Relative files are looked for here. */
  readonly cwd: string;
}
