/** A question about cost that cannot be answered as it is asked. */

export class CostError extends Error {
  /** What of the question or of the section `cost` it is about: `region`, `memoryGiB`, `prices`, …; '' is the whole. */
  readonly field: string;

  /** `message` says what would be right. */
  constructor(field: string, message: string) {
    super(message);
    this.name = 'CostError';
    this.field = field;
  }
}
