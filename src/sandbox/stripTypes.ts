/**
 * TypeScript to JavaScript by blanking: every character of a type becomes a space, so lines and columns stay those of the
 * learner's file. Syntax that means something at run time and is not JavaScript is refused by name.
 */
import { tsPlugin } from '@sveltejs/acorn-typescript';
import { type Node, Parser } from 'acorn';
import type { Place, Problem, Span } from './types.ts';
import { unclosed } from './unclosed.ts';

const TypeScript = Parser.extend(tsPlugin());

/** An import that is left at run time. */
export interface Import {
  readonly from: string;
  readonly line: number;
  readonly column: number;
}

export type Stripped =
  | {
      readonly ok: true;
      readonly code: string;
      readonly imports: readonly Import[];
      /** In the order of their beginnings. */
      readonly spans: readonly Span[];
    }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** What cannot be erased, and what to write instead. */
const refused: Record<string, string> = {
  TSEnumDeclaration:
    'enum makes code at run time. Write a union of strings instead: type Kind = "file" | "dir".',
  TSModuleDeclaration: 'namespace makes code at run time. Export functions from the file instead.',
  TSParameterProperty:
    'a parameter property makes code at run time. Declare the field and assign it in the constructor.',
  TSImportEqualsDeclaration: 'import … = is not JavaScript. Write import { name } from "./file.ts" instead.',
  TSExportAssignment: 'export = is not JavaScript. Write export { name } instead.',
  Decorator: 'decorators are not run here. Call a function instead.',
};

/** Nodes that are types through and through. */
const erased = new Set([
  'TSTypeAnnotation',
  'TSTypeParameterDeclaration',
  'TSTypeParameterInstantiation',
  'TSInterfaceDeclaration',
  'TSTypeAliasDeclaration',
  'TSDeclareFunction',
  'TSIndexSignature',
  'TSAbstractMethodDefinition',
  'TSAbstractPropertyDefinition',
  'TSAbstractClassProperty',
  'TSDeclareMethod',
  'TSNamespaceExportDeclaration',
]);

const CALLS = /^(Call|New)Expression$/;
const LOOPS = /^(For|ForIn|ForOf|While|DoWhile)Statement$/;
const FUNCTIONS = /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/;

const placeOf = ({ line, column }: { line: number; column: number }): Place => ({ line, column: column + 1 });

type AnyNode = Node & Record<string, unknown>;

export function stripTypes(source: string, file: string): Stripped {
  let program: AnyNode;
  try {
    const options = { sourceType: 'module', ecmaVersion: 'latest', locations: true } as const;
    program = TypeScript.parse(source, options) as unknown as AnyNode;
  } catch (error) {
    return { ok: false, problems: [syntaxProblem(error, file, source)] };
  }
  const eraser = new Eraser(source, file);
  eraser.visit(program);
  return eraser.problems.length > 0
    ? { ok: false, problems: eraser.problems }
    : { ok: true, code: eraser.text(), imports: eraser.imports, spans: eraser.spans };
}

function syntaxProblem(error: unknown, file: string, source: string): Problem {
  const { message, pos, loc } = error as {
    message: string;
    pos?: number;
    loc?: { line: number; column: number };
  };
  // Where the file ends too soon, or a function begins within another.
  const late = pos !== undefined && (pos >= source.trimEnd().length || /top level/.test(message));
  const bracket = late ? unclosed(source, pos) : null;
  if (bracket !== null) {
    const { sign, line, column } = bracket;
    return { file, line, column, message: `syntax error: this ${sign} is never closed` };
  }
  const text = message.replace(/ \(\d+:\d+\)$/, '');
  return { file, line: loc?.line ?? 1, column: (loc?.column ?? 0) + 1, message: `syntax error: ${text}` };
}

class Eraser {
  readonly problems: Problem[] = [];
  readonly imports: Import[] = [];
  readonly spans: Span[] = [];
  /** The function of a method → the method. */
  readonly #methods = new Map<AnyNode, AnyNode>();
  readonly #chars: string[];
  readonly #source: string;
  readonly #file: string;

  constructor(source: string, file: string) {
    this.#source = source;
    this.#chars = source.split('');
    this.#file = file;
  }

  text(): string {
    return this.#chars.join('');
  }

  visit(node: AnyNode): void {
    const why = refused[node.type];
    if (why !== undefined && node['declare'] !== true) {
      this.#refuse(node, why);
      return;
    }
    if (erased.has(node.type) || node['declare'] === true || this.#isTypeOnly(node)) {
      this.#blank(node.start, node.end);
      return;
    }
    this.#noteImport(node);
    this.#noteSpan(node);
    this.#special(node);
    for (const value of Object.values(node)) {
      for (const child of Array.isArray(value) ? value : [value]) {
        if (isNode(child)) this.visit(child);
      }
    }
  }

  /** `import type`, `export type`, and imports of nothing but types. */
  #isTypeOnly(node: AnyNode): boolean {
    if (node.type === 'ImportDeclaration') return node['importKind'] === 'type';
    if (node.type === 'ExportNamedDeclaration' || node.type === 'ExportAllDeclaration') {
      const inner = node['declaration'] as AnyNode | null | undefined;
      return (
        node['exportKind'] === 'type' ||
        (isNode(inner) && (erased.has(inner.type) || inner['declare'] === true))
      );
    }
    return false;
  }

  #noteImport(node: AnyNode): void {
    const source = node['source'] as AnyNode | null | undefined;
    if (!/^(Import|ExportNamed|ExportAll)Declaration$|^ImportExpression$/.test(node.type) || !isNode(source))
      return;
    const { line, column } = source.loc!.start;
    this.imports.push({ from: String(source['value']), line, column: column + 1 });
  }

  #noteSpan(node: AnyNode): void {
    const { type } = node;
    const kind = LOOPS.test(type)
      ? 'loop'
      : FUNCTIONS.test(type)
        ? 'function'
        : CALLS.test(type)
          ? 'call'
          : null;
    const value = node['value'] as AnyNode | undefined;
    // A method begins where its name does: so the engine has it.
    if (type === 'MethodDefinition' || node['method'] === true || /^[gs]et$/.test(String(node['kind'])))
      this.#methods.set(value!, node);
    if (kind === null) return;
    const { start, end } = (this.#methods.get(node) ?? node).loc!;
    this.spans.push({ kind, from: placeOf(start), to: placeOf(end) });
  }

  #special(node: AnyNode): void {
    const inner = node['expression'] as AnyNode | undefined;
    switch (node.type) {
      case 'TSAsExpression':
      case 'TSSatisfiesExpression':
      case 'TSNonNullExpression':
      case 'TSInstantiationExpression':
        this.#blank(inner!.end, node.end);
        break;
      case 'TSTypeAssertion':
        this.#blank(node.start, inner!.start);
        break;
      case 'ImportSpecifier':
      case 'ExportSpecifier':
        if (node['importKind'] === 'type' || node['exportKind'] === 'type') this.#blankItem(node);
        break;
      case 'ClassDeclaration':
      case 'ClassExpression':
        this.#classHead(node);
        break;
      case 'MethodDefinition':
      case 'PropertyDefinition':
        this.#member(node);
        break;
      case 'Identifier':
        if (node['optional'] === true) this.#blankSign(node.start + String(node['name']).length, '?');
        break;
    }
    if (FUNCTIONS.test(node.type)) this.#thisParameter(node);
    if (node.type === 'VariableDeclarator' && node['definite'] === true) {
      const id = node['id'] as AnyNode;
      this.#blankSign(id.start + String(id['name']).length, '!');
    }
  }

  /** `abstract`, and `implements A, B`. */
  #classHead(node: AnyNode): void {
    const body = node['body'] as AnyNode;
    if (node['abstract'] === true) this.#blankWords(node.start, body.start, /\babstract\b/);
    const list = node['implements'] as readonly AnyNode[] | undefined;
    if (list === undefined || list.length === 0) return;
    const at = this.#source.lastIndexOf('implements', list[0]!.start);
    this.#blank(at, list.at(-1)!.end);
  }

  /** Modifiers, `?` and `!` of a class member; overloads and abstract members go. */
  #member(node: AnyNode): void {
    const key = node['key'] as AnyNode;
    if (
      node['abstract'] === true ||
      (node.type === 'MethodDefinition' && (node['value'] as AnyNode)['body'] == null)
    ) {
      this.#blank(node.start, node.end);
      return;
    }
    this.#blankWords(node.start, key.start, /\b(public|private|protected|readonly|override)\b/g);
    const after = node['computed'] === true ? this.#source.indexOf(']', key.end) + 1 : key.end;
    if (node['optional'] === true) this.#blankSign(after, '?');
    if (node['definite'] === true) this.#blankSign(after, '!');
  }

  /** A `this` parameter is a type. */
  #thisParameter(node: AnyNode): void {
    const [first, second] = node['params'] as readonly AnyNode[];
    if (first?.type !== 'Identifier' || first['name'] !== 'this') return;
    this.#blank(first.start, second?.start ?? first.end);
  }

  #blankItem(node: AnyNode): void {
    const comma = /^\s*,/.exec(this.#source.slice(node.end));
    this.#blank(node.start, node.end + (comma?.[0].length ?? 0));
  }

  #blankSign(from: number, sign: string): void {
    const at = this.#source.indexOf(sign, from);
    if (at >= 0 && this.#source.slice(from, at).trim() === '') this.#blank(at, at + 1);
  }

  #blankWords(from: number, to: number, words: RegExp): void {
    const text = this.#source.slice(from, to);
    for (const match of text.matchAll(new RegExp(words.source, 'g'))) {
      this.#blank(from + match.index, from + match.index + match[0].length);
    }
  }

  #blank(from: number, to: number): void {
    for (let i = from; i < to; i++) {
      if (this.#chars[i] !== '\n' && this.#chars[i] !== '\r') this.#chars[i] = ' ';
    }
  }

  #refuse(node: AnyNode, message: string): void {
    const { line, column } = node.loc!.start;
    this.problems.push({ file: this.#file, line, column: column + 1, message });
  }
}

function isNode(value: unknown): value is AnyNode {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as AnyNode).type === 'string' &&
    'start' in value
  );
}
