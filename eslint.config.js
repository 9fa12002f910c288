// Rules that find mistakes; how the code looks is Prettier's business alone. A rule is here because it has caught, or
// would catch, a real fault in a proxy: a promise nobody awaits, a fault code nobody handles, an `any` that hides both.
import js from '@eslint/js';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  {
    ignores: [
      '**/node_modules/',
      '**/dist/',
      '.edgebalancer/',
      'bench/.work/',
      'coverage/',
      'web/.building/',
      'deploy/aws/cdk.out/',
    ],
  },
  {
    linterOptions: { reportUnusedDisableDirectives: 'error' },
  },
  js.configs.recommended,
  {
    files: ['**/*.js', '**/*.mjs'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly', URL: 'readonly' } },
  },
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.recommended],
    languageOptions: {
      parserOptions: {
        project: ['./tsconfig.json', './web/tsconfig.json', './deploy/aws/tsconfig.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      // Promises: one that is neither awaited nor handled ends a worker, or hides that it failed.
      '@typescript-eslint/no-floating-promises': ['error', { allowForKnownSafeCalls: safeCalls() }],
      '@typescript-eslint/no-misused-promises': [
        'error',
        { checksVoidReturn: { arguments: false, attributes: false } },
      ],
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/prefer-promise-reject-errors': 'error',

      // Every case of a closed list is handled where it is looked at.
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      eqeqeq: ['error', 'always'],
      'no-fallthrough': 'off', // The compiler's noFallthroughCasesInSwitch does it.
      'no-constant-condition': ['error', { checkLoops: false }],
      'no-self-compare': 'error',
      'array-callback-return': 'error',

      // Types say what is meant, and are erased.
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unsafe-return': 'error',
      '@typescript-eslint/no-unsafe-call': 'error',
      '@typescript-eslint/no-unsafe-assignment': 'error',
      '@typescript-eslint/no-unsafe-argument': 'error',
      '@typescript-eslint/no-unsafe-member-access': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/no-base-to-string': 'error',
      '@typescript-eslint/restrict-plus-operands': 'error',
      '@typescript-eslint/no-deprecated': 'error',
      '@typescript-eslint/unbound-method': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'none' },
      ],
      // A `!` or `as` on a typed array's cell costs nothing where a check would: not a fault in itself.
      '@typescript-eslint/no-non-null-assertion': 'off',
      // A parser of bytes names the bytes it refuses.
      'no-control-regex': 'off',
      'no-undef': 'off', // The compiler does it.
      'prefer-const': ['error', { destructuring: 'all' }],
      'no-var': 'error',
      'object-shorthand': ['error', 'properties'],
      'no-useless-assignment': 'off', // Hot loops name a value before the branch that sets it.
    },
  },
  {
    files: ['**/*.test.ts', 'test/**/*.ts', 'src/core/strategies/conformance.ts'],
    rules: {
      // A test may look at what is not typed: an answer's JSON, a message of another process.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  {
    // The dashboard's pages run in a browser: nobody reads its console.
    files: ['web/src/**/*.ts', 'web/src/**/*.tsx'],
    rules: {
      'no-console': 'error',
      // It is a client: what it knows of the product is the contract, and the simulator runs in it.
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: '^#(?!contract/|simulator/|web/)',
              message: 'The dashboard imports the contract and the simulator only.',
            },
            { regex: '/src/', message: 'Import the contract and the simulator by name (#contract/admin.ts).' },
            { regex: '^node:', message: 'The dashboard runs in a browser.' },
          ],
        },
      ],
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['**/*.test.ts', 'src/cli/**', 'src/main.ts'],
    rules: {
      // Only a command prints; everything else logs or returns.
      'no-console': 'error',
    },
  },
);

/** `test(…)` returns a promise that the runner itself awaits; a raw client's `send` never rejects. */
function safeCalls() {
  return [
    { from: 'package', package: 'node:test', name: ['test', 'it', 'describe', 'suite', 'before', 'after'] },
    { from: 'file', path: 'test/support/raw-client.ts', name: 'send' },
  ];
}
