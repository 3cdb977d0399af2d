/** Types become spaces: every line and column stays, and what is left is what Node's own stripping leaves. */
import { stripTypeScriptTypes } from 'node:module';
import { describe, expect, test } from 'vitest';
import { stripTypes } from '../../src/sandbox/stripTypes.ts';

const erasable: Record<string, string> = {
  annotations: 'const a: number = 1; let b: string | null; function f(x: number, y?: string): void {}',
  interfaces: 'interface A { x: number }\ntype B = A & { y: string };\nexport type C = B;\nconst c = 1;',
  generics: 'function id<T extends object>(x: T): T { return x; }\nconst m = new Map<string, number>();',
  casts: 'const a = (x as unknown as string).length;\nconst b = y!.z;\nconst c = [1] satisfies number[];',
  importTypes: "import type { A } from './a.ts';\nimport { type B, c } from './b.ts';\nc();",
  exportTypes: "export type { A } from './a.ts';\nexport interface D { x: 1 }\nexport const e = 1;",
  classes:
    'abstract class A<T> extends D<T> implements B, C<T> {\n  private x: number = 1;\n  readonly y?: string;\n  z!: T;\n  abstract f(): void;\n  public static g(this: A<number>): void {}\n  declare h: number;\n  constructor(a: string) { super(a); }\n}',
  overloads:
    'function f(x: string): string;\nfunction f(x: number): number;\nfunction f(x: unknown): unknown { return x; }',
  arrows: 'const f = async <T,>(x: T): Promise<T> => x;\nconst g = (x: number): x is 1 => x === 1;',
  declare: 'declare const a: number;\ndeclare function f(): void;\ndeclare module "x" { }\nlet z = a;',
  optionalCalls: 'a?.b?.<number>(1);\nconst t = c ? (d as string) : (e);\nfor (const x of y as number[]) {}',
  destructuring:
    'const { a, b }: { a: 1; b: 2 } = c;\nfunction f({ x }: { x: number }, [y]: string[]) { return [x, y]; }',
  unicode: 'const größe: number = 1; // 𝒳 – astral\nconst 字: string = "🙂";',
};

/** The text without its white space, and without the semicolons that blanked statements may leave. */
const words = (code: string) => code.replace(/[\s;]+/g, '');

describe('what can be erased', () => {
  test.each(Object.entries(erasable))('%s', (_name, source) => {
    const stripped = stripTypes(source, 'a.ts');
    if (!stripped.ok) throw new Error(JSON.stringify(stripped.problems));
    expect(words(stripped.code)).toBe(words(stripTypeScriptTypes(source)));
    expect(stripped.code).toHaveLength(source.length);
    for (let i = 0; i < source.length; i++) {
      const kept = stripped.code[i];
      if (kept !== source[i]) expect(kept, `at ${i}`).toMatch(/[ ;]/);
    }
  });
});

describe('what cannot is refused where it stands, with what to write instead', () => {
  test.each([
    ['enum', '\n  enum A { x }', 2, 3, /union of strings/],
    ['const enum', 'const enum A { x }', 1, 1, /union of strings/],
    ['namespace', 'namespace A { export const x = 1 }', 1, 1, /Export functions/],
    ['parameter property', 'class A {\n  constructor(private x: number) {}\n}', 2, 15, /Declare the field/],
    ['import =', 'import a = require("a");', 1, 1, /import \{ name \}/],
    ['syntax', 'const a = ;', 1, 11, /syntax error/],
    ['unfinished', 'function f() {', 1, 14, /this \{ is never closed/],
    [
      'a loop',
      'export function f() {\n  for (;;) {\n    x();\n  return 1;\n}\nexport const b = 1;',
      2,
      12,
      /this \{/,
    ],
    ['a function', 'export function f() {\n  if (a) {\n  }\n\nexport const b = 1;', 1, 21, /this \{/],
    ['a bracket', 'const list = [1, 2;\nf(list);', 1, 19, /syntax error: Unexpected token/],
    ['a call', 'export function f() {\n  g(`a${1}`\n}\n', 3, 1, /syntax error/],
    ['a regular expression', 'const r = /[{]/;\nfunction f(): void {\n', 2, 20, /this \{/],
    ['types', 'function f<T extends { a: 1 }>(x: T): T {\n  return x;\n', 1, 41, /this \{/],
  ])('%s', (_name, source, line, column, message) => {
    const stripped = stripTypes(source, 'mine.ts');
    if (stripped.ok) throw new Error(`it became ${stripped.code}`);
    expect(stripped.problems[0]).toMatchObject({ file: 'mine.ts', line, column });
    expect(stripped.problems[0]?.message).toMatch(message);
  });
});

test('imports that are left are named with their place', () => {
  const stripped = stripTypes(
    "import type { A } from './t.ts';\nexport { b } from './b.ts';\nimport('c');",
    'a.ts',
  );
  expect(stripped).toMatchObject({
    ok: true,
    imports: [
      { from: './b.ts', line: 2, column: 19 },
      { from: 'c', line: 3, column: 8 },
    ],
  });
});
