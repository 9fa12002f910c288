/** What is wrong in a model or a change, and what would be right; `path` names the place. */
export class ModelError extends Error {
  override readonly name = 'ModelError';
  readonly path: string;

  constructor(path: string, message: string) {
    super(message);
    this.path = path;
  }
}
