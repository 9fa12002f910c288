/** What backends answer and clients send in fault tests: bodies that follow from their names, so that each byte can be checked. */

/** The request's number, which both ends log. */
export const ID_HEADER = 'x-fault-id';
/** Which backend answered, and what it received as the body: `bytes/digest`. */
export const BACKEND_HEADER = 'x-fault-backend';
export const RECEIVED_HEADER = 'x-fault-received';

/** The body that backend `backend` gives to request `id`. */
export function answerBody(backend: string, id: string, bytes: number): Buffer {
  return filled(`${backend} answers ${id}; `, bytes);
}

/** The body that request `id` brings. */
export function requestBody(id: string, bytes: number): Buffer {
  return filled(`request ${id}, `, bytes);
}

function filled(text: string, bytes: number): Buffer {
  return Buffer.alloc(bytes, text, 'latin1');
}

/** A field of a head, '' when it is not there. `name` in lower case. */
export function fieldOf(head: string, name: string): string {
  return new RegExp(`\\r\\n${name}: *([^\\r]*)`, 'i').exec(head)?.[1] ?? '';
}
