/**
 * Objects of Kubernetes held to the API's own OpenAPI schema: by its validators (required fields, types, formats), and by its
 * types, which know no field that the API does not.
 */
import { join } from 'node:path';
import ts from 'typescript';

export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
}

interface Model {
  new (data: object): { validate: () => void };
}

/** What is wrong with it; empty: nothing. */
export async function schemaProblems(object: KubernetesObject): Promise<string[]> {
  const { apiVersion, kind } = object;
  const models = (await import(`kubernetes-models/${apiVersion}/${kind}`)) as Readonly<Record<string, Model>>;
  const Kind = models[kind];
  if (Kind === undefined) return [`${apiVersion} has no ${kind}`];
  try {
    new Kind(object).validate();
    return [];
  } catch (error) {
    return [(error as Error).message];
  }
}

const SOURCE = join(import.meta.dirname, 'objects-of-kubernetes.ts');

/** As above, of fields that there are not. All objects at once: it takes seconds. */
export function unknownFields(objects: readonly KubernetesObject[]): string[] {
  const lines = objects.map((object, at) => {
    const { apiVersion, kind } = object;
    return `import type { I${kind} as Type${at} } from 'kubernetes-models/${apiVersion}/${kind}';\nexport const object${at}: Type${at} = ${JSON.stringify(object, null, 1)};\n`;
  });
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
  };
  const host = ts.createCompilerHost(options);
  const below = { ...host };
  const text = lines.join('');
  host.fileExists = (name) => name === SOURCE || below.fileExists(name);
  host.readFile = (name) => (name === SOURCE ? text : below.readFile(name));
  host.getSourceFile = (name, version, ...rest) =>
    name === SOURCE ? ts.createSourceFile(name, text, version) : below.getSourceFile(name, version, ...rest);
  const program = ts.createProgram([SOURCE], options, host);
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' ').slice(0, 1000));
}
