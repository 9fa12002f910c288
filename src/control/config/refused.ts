/** A change that cannot be made, whatever the configuration's rules say of the result. */
export class Refused extends Error {
  override readonly name = 'Refused';
  /** 404: what it names is not there; 409: it is there, and this cannot be done to it. */
  readonly status: 404 | 409;

  /** `message` is a sentence for whoever asked. */
  constructor(status: 404 | 409, message: string) {
    super(message);
    this.status = status;
  }
}
