/** Go templates as `--format` takes them: fields, variables, range, if, with, else, and functions of text/template and the docker client's own. */
import { DockerError } from './api.ts';

const blocks = ['range', 'if', 'with'] as const;
type BlockKind = (typeof blocks)[number];

type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'value'; readonly words: readonly string[] }
  | {
      readonly kind: BlockKind;
      readonly words: readonly string[];
      readonly body: readonly Part[];
      readonly otherwise: readonly Part[];
    };

function split(source: string): (string | { action: string })[] {
  const pieces: (string | { action: string })[] = [];
  let rest = source.replace(/\\n/g, '\n').replace(/\\t/g, '\t');
  for (;;) {
    const open = rest.indexOf('{{');
    if (open < 0) return [...pieces, rest];
    const close = rest.indexOf('}}', open);
    if (close < 0) throw new DockerError('template parsing error: template: :1: unclosed action', 64);
    const action = rest.slice(open + 2, close);
    const before = rest.slice(0, open);
    pieces.push(action.startsWith('-') ? before.trimEnd() : before, {
      action: action.replace(/^-\s|\s-$/g, '').trim(),
    });
    rest = rest.slice(close + 2);
    if (action.endsWith('-')) rest = rest.trimStart();
  }
}

class TemplateParser {
  readonly #pieces: (string | { action: string })[];

  constructor(source: string) {
    this.#pieces = split(source);
  }

  parse(): Part[] {
    const { parts, end } = this.#block();
    if (end !== null)
      throw new DockerError(`template parsing error: template: :1: unexpected {{${end}}}`, 64);
    return parts;
  }

  /** `rest` is what stands behind the word that ends it. */
  #block(): { parts: Part[]; end: 'end' | 'else' | null; rest: readonly string[] } {
    const parts: Part[] = [];
    for (let piece = this.#pieces.shift(); piece !== undefined; piece = this.#pieces.shift()) {
      if (typeof piece === 'string') {
        if (piece !== '') parts.push({ kind: 'text', text: piece });
        continue;
      }
      if (/^\/\*[\s\S]*\*\/$/.test(piece.action)) continue;
      const words = piece.action.match(/"(?:\\.|[^"])*"|\)(?:\.\w+)*|[(|,]|:=|[^\s()|,"]+/g) ?? [];
      const [first, ...rest] = words;
      if (first === 'end' || first === 'else') return { parts, end: first, rest };
      const kind = blocks.find((word) => word === first);
      parts.push(kind === undefined ? { kind: 'value', words } : this.#branches(kind, rest));
    }
    return { parts, end: null, rest: [] };
  }

  /** With `else if`, what is otherwise is another one. */
  #branches(kind: BlockKind, words: readonly string[]): Part {
    const { parts: body, end, rest } = this.#block();
    if (end === null) throw new DockerError('template parsing error: template: :1: unexpected EOF', 64);
    const [next, ...condition] = rest;
    const nested = end === 'else' && blocks.find((word) => word === next);
    if (nested) return { kind, words, body, otherwise: [this.#branches(nested, condition)] };
    return { kind, words, body, otherwise: end === 'else' ? this.#block().parts : [] };
  }
}

/** The dot, and variables by their names; `$` is what the template is filled from. */
interface Scope {
  readonly dot: unknown;
  readonly variables: ReadonlyMap<string, unknown>;
}

/** A field that there is not. */
class FieldError extends Error {
  readonly word: string;
  readonly field: string;
  /** Where the field stands in the word. */
  readonly at: number;
  constructor(word: string, field: string, at: number) {
    super(field);
    this.word = word;
    this.field = field;
    this.at = at;
  }
}

/** Fields that hold maps of strings, where a key may be missing; and those that point to something or to nothing. */
const stringMaps = /^(Labels|Attributes|Options|Annotations|Sysctls|Tmpfs|DriverOpts)$/;
const pointers =
  /^(Health|Healthcheck|SizeRw|SizeRootFs|StopTimeout|PidsLimit|OomKillDisable|MemorySwappiness|Init|IPAMConfig)$/;

function member(value: unknown, path: string, word: string): unknown {
  let at = value;
  let offset = word.length - path.length;
  let last = '';
  for (const name of path.split('.')) {
    if (name !== '') {
      if (typeof at === 'object' && at !== null && name in at) at = (at as Record<string, unknown>)[name];
      else if (stringMaps.test(last)) return undefined;
      else if (pointers.test(name)) return NIL;
      else throw new FieldError(word, name, Math.max(0, offset - 1));
      if (at === null && pointers.test(name)) return NIL;
      last = name;
    }
    offset += name.length + 1;
  }
  return at;
}

function operand(word: string, { dot, variables }: Scope): unknown {
  if (word.startsWith('"')) return JSON.parse(word);
  if (/^-?\d+$/.test(word)) return Number(word);
  if (word === 'true' || word === 'false') return word === 'true';
  const variable = /^\$\w*/.exec(word)?.[0];
  if (variable === undefined) return member(dot, word, word);
  if (!variables.has(variable))
    throw new DockerError(`template parsing error: template: :1: undefined variable "${variable}"`, 64);
  return member(variables.get(variable), word.slice(variable.length), word);
}

/** A pipeline: commands between bars, each with what the one before gave as its last argument. */
class Pipeline {
  readonly #words: readonly string[];
  readonly #scope: Scope;
  #at = 0;

  constructor(words: readonly string[], scope: Scope) {
    this.#words = words;
    this.#scope = scope;
  }

  value(): unknown {
    let value = this.#command([]);
    while (this.#words[this.#at] === '|') {
      this.#at++;
      value = this.#command([value]);
    }
    return value;
  }

  #command(last: readonly unknown[]): unknown {
    const word = this.#words[this.#at] ?? '.';
    const named = /^[a-z]/.test(word) && word !== 'true' && word !== 'false';
    const method = named ? null : this.#term();
    if (!named && typeof method !== 'function') return method;
    if (named) this.#at++;
    const args: unknown[] = [];
    for (let next = this.#words[this.#at]; next !== undefined; next = this.#words[this.#at]) {
      if (next === '|' || next.startsWith(')')) break;
      args.push(this.#term());
    }
    const all = [...args, ...last];
    return typeof method === 'function' ? method(...all) : apply(word, all);
  }

  #term(): unknown {
    const word = this.#words[this.#at++] ?? '.';
    if (word !== '(') return operand(word, this.#scope);
    const value = this.value();
    const close = this.#words[this.#at++];
    if (close === undefined)
      throw new DockerError('template parsing error: template: :1: unclosed left paren', 64);
    return member(value, close.slice(1), close.slice(1));
  }
}

/** Names that stand before `:=`, and the pipeline behind it. */
function declaration(words: readonly string[]): { names: readonly string[]; words: readonly string[] } {
  const at = words.indexOf(':=');
  if (at < 0) return { names: [], words };
  return { names: words.slice(0, at).filter((word) => word !== ','), words: words.slice(at + 1) };
}

const withVariables = ({ dot, variables }: Scope, added: readonly (readonly [string, unknown])[]): Scope => ({
  dot,
  variables: new Map([...variables, ...added]),
});

function apply(name: string, args: readonly unknown[]): unknown {
  const [first, second] = args;
  switch (name) {
    case 'json':
      return first === NIL ? 'null' : JSON.stringify(first);
    case 'join':
      return (first as readonly unknown[]).join(String(second));
    case 'upper':
      return String(first).toUpperCase();
    case 'lower':
      return String(first).toLowerCase();
    case 'len':
      return Array.isArray(first) ? first.length : Object.keys(first as object).length;
    case 'index':
      return args
        .slice(1)
        .reduce((at, key) => (at as Record<string, unknown> | null)?.[String(key)] ?? '', first);
    case 'split':
      return String(first).split(String(second));
    case 'print':
      return args.map((arg) => show(arg)).join('');
    case 'ne':
      return first !== second;
    case 'lt':
      return (first as number) < (second as number);
    case 'gt':
      return (first as number) > (second as number);
    case 'and':
      return args.find((arg) => !isTrue(arg)) ?? args.at(-1);
    case 'or':
      return args.find(isTrue) ?? args.at(-1);
    case 'println':
      return `${args.map((arg) => show(arg)).join(' ')}\n`;
    case 'printf':
      return formatted(String(first), args.slice(1));
    case 'slice': {
      const [from = 0, to] = args.slice(1).map(Number);
      return (first as string | readonly unknown[]).slice(from, to);
    }
    case 'truncate':
      return String(first).slice(0, Number(second));
    case 'title':
      return String(first).replace(
        /(^|[^\p{L}\p{N}_'])(\p{L})/gu,
        (_, before, letter) => before + letter.toUpperCase(),
      );
    case 'pad':
      return first === '' ? '' : ' '.repeat(Number(second)) + first + ' '.repeat(Number(args[2]));
    case 'html':
      return String(first).replace(/[<>&'"]/g, (sign) => ENTITIES[sign]!);
    case 'not':
      return !isTrue(first);
    case 'eq':
      return args.slice(1).some((other) => other === first);
    default:
      throw new DockerError(`template parsing error: template: :1: function "${name}" not defined`, 64);
  }
}

const ENTITIES: Readonly<Record<string, string>> = {
  ...{ '<': '&lt;', '>': '&gt;', '&': '&amp;', "'": '&#39;', '"': '&#34;' },
};

/** The verbs of Go's fmt that are used with texts and numbers. */
function formatted(format: string, args: readonly unknown[]): string {
  let next = 0;
  return format.replace(/%(-?)(\d*)(?:\.(\d+))?([sdvqxt%])/g, (_, left, width, most, verb) => {
    if (verb === '%') return '%';
    const value = args[next++];
    if (value === undefined) return `%!${verb}(MISSING)`;
    const plain =
      verb === 'q' ? JSON.stringify(value) : verb === 'x' ? Number(value).toString(16) : show(value);
    const cut = most === undefined ? plain : plain.slice(0, Number(most));
    return left === '-' ? cut.padEnd(Number(width)) : cut.padStart(Number(width));
  });
}

/** A pointer to nothing. */
const NIL = Symbol('nil');

/** What is a struct in the client, as fmt prints it: its values. */
const structs: readonly (readonly string[])[] = [
  ['HostIp', 'HostPort'],
  ['PathOnHost', 'PathInContainer', 'CgroupPermissions'],
  ['Type', 'Name', 'Source', 'Destination', 'Driver', 'Mode', 'RW', 'Propagation'],
];

/** Fields that hold maps; what else can be null holds a list. */
const maps = /\.(Labels|Options|Volumes)$/;

/** As Go's fmt prints a value; a nil list or map as an empty one. */
function show(value: unknown, name = ''): string {
  if (value === undefined) return '<no value>';
  if (value === NIL) return '<nil>';
  if (value === null) return maps.test(name) ? 'map[]' : '[]';
  if (Array.isArray(value)) return `[${value.map((item) => show(item)).join(' ')}]`;
  const fields = structs.find((keys) => typeof value === 'object' && keys.at(-1)! in value);
  if (fields !== undefined)
    return `{${fields.map((key) => show((value as Record<string, unknown>)[key] ?? '')).join(' ')}}`;
  if (typeof value === 'object')
    return `map[${Object.entries(value)
      .map(([key, item]) => `${key}:${show(item)}`)
      .join(' ')}]`;
  return String(value);
}

function isTrue(value: unknown): boolean {
  if (
    value === NIL ||
    value === null ||
    value === undefined ||
    value === false ||
    value === 0 ||
    value === ''
  )
    return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}

function render(parts: readonly Part[], outer: Scope): string {
  let out = '';
  let scope = outer;
  for (const part of parts) {
    if (part.kind === 'text') {
      out += part.text;
      continue;
    }
    const { names, words } = declaration(part.words);
    const value = new Pipeline(words, scope).value();
    if (part.kind !== 'value') out += renderBlock(part, value, names, scope);
    else if (names.length > 0) scope = withVariables(scope, [[names[0]!, value]]);
    else out += show(value, words[0]);
  }
  return out;
}

type Block = Exclude<Part, { kind: 'text' | 'value' }>;

/** Maps are gone through by their keys in order. */
function renderBlock(
  { kind, body, otherwise }: Block,
  value: unknown,
  names: readonly string[],
  scope: Scope,
) {
  if (!isTrue(value)) return render(otherwise, scope);
  if (kind !== 'range') {
    const inner = names.length > 0 ? withVariables(scope, [[names[0]!, value]]) : scope;
    return render(body, kind === 'with' ? { ...inner, dot: value } : inner);
  }
  const entries: [string | number, unknown][] = Array.isArray(value)
    ? [...value.entries()]
    : Object.entries(value as object).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries
    .map(([key, item]) => {
      const given = names.length > 1 ? [key, item] : [item];
      const inner = withVariables(
        scope,
        names.map((name, i) => [name, given[i]] as const),
      );
      return render(body, { ...inner, dot: item });
    })
    .join('');
}

/** How a field that there is not is told. */
export interface Telling {
  /** Before all else. */
  readonly lead?: string;
  /** The template's name. */
  readonly name?: string;
  /** Of what is shown; a map without one. */
  readonly type?: string;
  readonly status?: number;
  /** Letters before the template. */
  readonly skipped?: number;
}

/** `template` filled from `data`. Throws DockerError for a mistake in it. */
export function fill(template: string, data: unknown, telling: Telling = {}): string {
  try {
    return render(new TemplateParser(template).parse(), { dot: data, variables: new Map([['$', data]]) });
  } catch (error) {
    if (!(error instanceof FieldError)) throw error;
    const { lead = 'template parsing error: ', name = '', type, status = 1, skipped = 0 } = telling;
    const column = skipped + Math.max(0, template.indexOf(error.word)) + error.at;
    const why =
      type === undefined
        ? `map has no entry for key "${error.field}"`
        : `can't evaluate field ${error.field} in type ${type}`;
    throw new DockerError(
      `${lead}template: ${name}:1:${column}: executing "${name}" at <${error.word}>: ${why}`,
      status,
    );
  }
}
