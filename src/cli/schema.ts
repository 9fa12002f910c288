/** `edgebalancer schema`: the configuration's JSON Schema, for editors. */
import { configJsonSchema } from '#control/config/json-schema.ts';
import type { Io } from './io.ts';

export function schema(io: Pick<Io, 'stdout'>): Promise<number> {
  io.stdout(`${JSON.stringify(configJsonSchema(), null, 2)}\n`);
  return Promise.resolve(0);
}
