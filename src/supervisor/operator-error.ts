/** Something an operator can put right. Its message is one whole sentence or more, and is shown without a stack. */
export class OperatorError extends Error {
  override readonly name = 'OperatorError';
}
