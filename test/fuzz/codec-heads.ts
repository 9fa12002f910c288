/** What the codec found in a head, in the form in which readings are compared. */
import { FIELD_STRIDE, FieldId, type Fields } from '#http1/head.ts';
import { Method } from '#http1/method.ts';
import { TargetForm, type RequestHead } from '#http1/request-head.ts';
import type { ResponseHead } from '#http1/response-head.ts';

const FIELD_NAMES: readonly string[] = namesOf(FieldId);
const METHOD_NAMES: readonly string[] = namesOf(Method);
const FORM_NAMES: readonly string[] = namesOf(TargetForm);

function namesOf(table: Readonly<Record<string, number>>): string[] {
  const names: string[] = [];
  for (const [name, number] of Object.entries(table)) names[number] = name;
  return names;
}

/** `base`: where in the buffer the text's first byte lies. */
export function requestLineOf(text: string, base: number, head: RequestHead): string {
  const method = text.slice(head.methodStart - base, head.methodEnd - base);
  return `${method} ${text.slice(head.targetStart - base, head.targetEnd - base)} 1.${head.versionMinor}`;
}

export function statusLineOf(text: string, base: number, head: ResponseHead): string {
  return `1.${head.versionMinor} ${head.status} ${text.slice(head.reasonStart - base, head.reasonEnd - base)}`;
}

export function fieldLinesOf(text: string, base: number, fields: Fields): string {
  const { at, count } = fields;
  let lines = '';
  for (let slot = 0; slot < count * FIELD_STRIDE; slot += FIELD_STRIDE) {
    const name = text.slice((at[slot] as number) - base, (at[slot + 1] as number) - base);
    lines += `\n${name}:${text.slice((at[slot + 2] as number) - base, (at[slot + 3] as number) - base)}`;
  }
  return lines;
}

export function requestFacts(text: string, base: number, head: RequestHead): string {
  const path = text.slice(head.pathStart - base, head.pathEnd - base);
  const query = text.slice(head.pathEnd - base, head.pathQueryEnd - base);
  const authority = text.slice(head.authorityStart - base, head.authorityEnd - base);
  return (
    `${METHOD_NAMES[head.method]} ${FORM_NAMES[head.form]} ${path} ${query} ${authority} length ${head.contentLength}` +
    (head.upgrade ? ' upgrade' : '') +
    (head.expectContinue ? ' continue' : '') +
    (head.connectionTokens ? ' tokens' : '') +
    idsOf(head.fields)
  );
}

export function responseFacts(head: ResponseHead): string {
  return (
    `length ${head.contentLength}` +
    (head.upgrade ? ' upgrade' : '') +
    (head.connectionTokens ? ' tokens' : '') +
    idsOf(head.fields)
  );
}

function idsOf({ at, count }: Fields): string {
  let ids = '';
  for (let i = 0; i < count; i++) ids += `,${FIELD_NAMES[at[i * FIELD_STRIDE + 4] as number]}`;
  return ids;
}
