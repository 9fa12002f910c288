/** What the JSON Schema of the configuration says of a place in it: for completion and for help while one writes. */

export interface Schema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly examples?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
}

/** A key that could stand somewhere. */
export interface KnownKey {
  readonly name: string;
  readonly schema: Schema;
}

/** A schema and all that it may also be. */
function alternatives(schema: Schema): Schema[] {
  const parts = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])];
  return [schema, ...parts.flatMap(alternatives)];
}

/** Every schema that a place may have; none where nothing is known of it. */
export function schemasAt(root: Schema, path: readonly string[]): Schema[] {
  return path.reduce<Schema[]>((found, step) => found.flatMap((schema) => below(schema, step)), alternatives(root));
}

function below({ properties, additionalProperties, items }: Schema, step: string): Schema[] {
  const named = properties?.[step];
  if (named !== undefined) return alternatives(named);
  if (items !== undefined && /^\d+$/.test(step)) return alternatives(items);
  return typeof additionalProperties === 'object' ? alternatives(additionalProperties) : [];
}

/** Keys of a place, each once. */
export function keysAt(root: Schema, path: readonly string[]): KnownKey[] {
  const known = new Map<string, Schema>();
  for (const { properties = {} } of schemasAt(root, path))
    for (const [name, schema] of Object.entries(properties)) if (!known.has(name)) known.set(name, schema);
  return [...known].map(([name, schema]) => ({ name, schema }));
}

/** Values that can be listed: choices, examples, the default. */
export function valuesAt(root: Schema, path: readonly string[]): string[] {
  const values = schemasAt(root, path).flatMap((schema) => [
    ...(schema.enum ?? []),
    ...(schema.const === undefined ? [] : [schema.const]),
    ...(schema.type === 'boolean' ? [true, false] : []),
    ...(schema.examples ?? []),
    ...(schema.default === undefined ? [] : [schema.default]),
  ]);
  return [...new Set(values.filter((value) => value === null || typeof value !== 'object').map(String))];
}

/** What is said of a place, with its default. */
export function helpAt(root: Schema, path: readonly string[]): string | null {
  const [schema] = schemasAt(root, path).filter(({ description }) => description !== undefined);
  if (schema === undefined) return null;
  const { description = '', default: fallback } = schema;
  return fallback === undefined ? description : `${description}. Default: ${JSON.stringify(fallback)}`;
}
