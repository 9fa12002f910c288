/** What the house rules ask about one TypeScript file, read from its syntax tree: a comment or a string is never code. */
import ts from 'typescript';

export interface Import {
  readonly specifier: string;
  readonly line: number;
  /** Given as a URL, as a thread's entry is: always relative. */
  readonly url: boolean;
}
export interface Comparison {
  /** `status` of `head.status >= 500`: the last name on the side that is not a literal. */
  readonly name: string;
  /** The literal's text, without quotes. */
  readonly literal: string;
  readonly kind: 'string' | 'number';
  readonly line: number;
}
export interface Named {
  readonly name: string;
  readonly line: number;
}
export interface Facts {
  /** Static, dynamic, `import type`, re-exports, `import('…')` types and `new URL('…', import.meta.url)`. */
  readonly imports: readonly Import[];
  /** Dynamic imports whose target cannot be read. */
  readonly computedImports: readonly number[];
  /** Names used as values or types that are not members of something; `Math.random` is given whole. */
  readonly names: readonly Named[];
  readonly comparisons: readonly Comparison[];
  /** Nothing in it but `export … from`. */
  readonly barrel: boolean;
  /** Tests that are narrowed (`.only`), or skipped without saying why. */
  readonly testSlips: readonly Named[];
}

const COMPARING = new Set([
  ts.SyntaxKind.EqualsEqualsToken,
  ts.SyntaxKind.EqualsEqualsEqualsToken,
  ts.SyntaxKind.ExclamationEqualsToken,
  ts.SyntaxKind.ExclamationEqualsEqualsToken,
  ts.SyntaxKind.LessThanToken,
  ts.SyntaxKind.LessThanEqualsToken,
  ts.SyntaxKind.GreaterThanToken,
  ts.SyntaxKind.GreaterThanEqualsToken,
]);

export function factsOf(path: string, text: string): Facts {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true);
  const imports: Import[] = [];
  const computedImports: number[] = [];
  const names: Named[] = [];
  const comparisons: Comparison[] = [];
  const testSlips: Named[] = [];
  const lineOf = (node: ts.Node) => file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1;

  const visit = (node: ts.Node): void => {
    const target = importTarget(node);
    if (target === 'computed') computedImports.push(lineOf(node));
    else if (target !== null) imports.push({ specifier: target, line: lineOf(node), url: ts.isNewExpression(node) });
    if (ts.isIdentifier(node) && standsAlone(node)) names.push({ name: node.text, line: lineOf(node) });
    if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression)) {
      names.push({ name: `${node.expression.text}.${node.name.text}`, line: lineOf(node) });
    }
    for (const [side, literal] of comparedPairs(node)) {
      const kind = ts.isNumericLiteral(literal) ? 'number' : 'string';
      comparisons.push({ name: lastName(side), literal: literal.text, kind, line: lineOf(literal) });
    }
    const slip = testSlip(node);
    if (slip !== null) testSlips.push({ name: slip, line: lineOf(node) });
    ts.forEachChild(node, visit);
  };
  visit(file);

  const { statements } = file;
  const barrel =
    statements.length > 0 && statements.every((s) => ts.isExportDeclaration(s) && s.moduleSpecifier !== undefined);
  return { imports, computedImports, names, comparisons, barrel, testSlips };
}

/** What a node imports: a specifier, 'computed' when only the running program knows, null when nothing. */
function importTarget(node: ts.Node): string | null {
  if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier !== undefined) {
    return ts.isStringLiteral(node.moduleSpecifier) ? node.moduleSpecifier.text : null;
  }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument) && ts.isStringLiteral(node.argument.literal)) {
    return node.argument.literal.text;
  }
  if (ts.isCallExpression(node)) {
    const called = node.expression;
    const dynamic = called.kind === ts.SyntaxKind.ImportKeyword;
    if (!dynamic && !(ts.isIdentifier(called) && called.text === 'require')) return null;
    const argument = node.arguments[0];
    return argument !== undefined && ts.isStringLiteralLike(argument) ? argument.text : 'computed';
  }
  // `new URL('./main.ts', import.meta.url)`: how a thread or a page is started from a file.
  if (ts.isNewExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === 'URL') {
    const [first, second] = node.arguments ?? [];
    if (first === undefined || second?.getText() !== 'import.meta.url') return null;
    return ts.isStringLiteralLike(first) && /\.[jt]s$/.test(first.text) ? first.text : null;
  }
  return null;
}

/** Not the `b` of `a.b`, `{ b: 1 }`, `class { b() {} }` or an import's own name. */
function standsAlone(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isQualifiedName(parent)) return parent.left === node;
  if (ts.isPropertyAssignment(parent) || ts.isBindingElement(parent)) return parent.initializer === node;
  const declared = ts.isPropertySignature(parent) || ts.isPropertyDeclaration(parent) || ts.isMethodDeclaration(parent);
  return !declared && !ts.isMethodSignature(parent) && !ts.isEnumMember(parent) && !ts.isParameter(parent);
}

type Literal = ts.StringLiteral | ts.NumericLiteral | ts.NoSubstitutionTemplateLiteral;
const isLiteral = (node: ts.Node): node is Literal => ts.isStringLiteralLike(node) || ts.isNumericLiteral(node);

function comparedPairs(node: ts.Node): [ts.Node, Literal][] {
  if (ts.isBinaryExpression(node) && COMPARING.has(node.operatorToken.kind)) {
    if (isLiteral(node.right)) return [[node.left, node.right]];
    if (isLiteral(node.left)) return [[node.right, node.left]];
  }
  if (ts.isCaseClause(node) && isLiteral(node.expression)) return [[node.parent.parent.expression, node.expression]];
  return [];
}

function lastName(node: ts.Node): string {
  if (ts.isIdentifier(node)) return node.text;
  if (ts.isPropertyAccessExpression(node)) return node.name.text;
  if (ts.isNonNullExpression(node) || ts.isParenthesizedExpression(node)) return lastName(node.expression);
  return node.getText();
}

/** `test.only(…)`, `{ only: true }`, `test.skip(…)`, `test.todo(…)`, `{ skip: true }`, `t.skip()` without a reason. */
function testSlip(node: ts.Node): string | null {
  if (ts.isPropertyAssignment(node) && ts.isIdentifier(node.name)) {
    const isTrue = node.initializer.kind === ts.SyntaxKind.TrueKeyword;
    if (node.name.text === 'only' && isTrue) return 'only: true';
    if ((node.name.text === 'skip' || node.name.text === 'todo') && isTrue) return `${node.name.text}: true`;
  }
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return null;
  const owner = node.expression.expression.getText();
  const name = node.expression.name.text;
  if (/^(test|it|describe|suite)$/.test(owner) && /^(only|skip|todo)$/.test(name)) return `${owner}.${name}`;
  if (/^(t|context)$/.test(owner) && /^(skip|todo)$/.test(name) && node.arguments.length === 0)
    return `${owner}.${name}()`;
  return null;
}
