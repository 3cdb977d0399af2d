/** Go templates as `--format` takes them: fields, json, join, index, len, upper, lower, range, if/else, end. text/template. */
import { DockerError } from './api.ts';

type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'value'; readonly words: readonly string[] }
  | {
      readonly kind: 'range' | 'if';
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

  #block(): { parts: Part[]; end: 'end' | 'else' | null } {
    const parts: Part[] = [];
    for (let piece = this.#pieces.shift(); piece !== undefined; piece = this.#pieces.shift()) {
      if (typeof piece === 'string') {
        if (piece !== '') parts.push({ kind: 'text', text: piece });
        continue;
      }
      const words = piece.action.match(/"(?:\\.|[^"])*"|\S+/g) ?? [];
      const [first] = words;
      if (first === 'end' || first === 'else') return { parts, end: first };
      if (first === 'range' || first === 'if') {
        const body = this.#block();
        const otherwise = body.end === 'else' ? this.#block().parts : [];
        parts.push({ kind: first, words: words.slice(1), body: body.parts, otherwise });
      } else parts.push({ kind: 'value', words });
    }
    return { parts, end: null };
  }
}

function field(data: unknown, path: string, root: unknown): unknown {
  if (path === '.') return data;
  if (path.startsWith('"')) return JSON.parse(path);
  if (/^-?\d+$/.test(path)) return Number(path);
  let at = path.startsWith('$') ? root : data;
  for (const name of path
    .replace(/^\$/, '')
    .split('.')
    .filter((part) => part !== '')) {
    if (typeof at !== 'object' || at === null || !(name in at)) {
      throw new DockerError(`template: :1: executing "" at <${path}>: map has no entry for key "${name}"`, 1);
    }
    at = (at as Record<string, unknown>)[name];
  }
  return at;
}

function evaluate(words: readonly string[], data: unknown, root: unknown): unknown {
  const pipe = words.indexOf('|');
  if (pipe >= 0) {
    const value = evaluate(words.slice(0, pipe), data, root);
    const [name = '', ...rest] = words.slice(pipe + 1);
    return apply(name, [...rest.map((word) => field(data, word, root)), value]);
  }
  const [first = '.', ...rest] = words;
  if (/^[.$"\d-]/.test(first)) return field(data, first, root);
  return apply(
    first,
    rest.map((word) => field(data, word, root)),
  );
}

function apply(name: string, args: readonly unknown[]): unknown {
  const [first, second] = args;
  switch (name) {
    case 'json':
      return JSON.stringify(first);
    case 'join':
      return (first as readonly unknown[]).join(String(second));
    case 'upper':
      return String(first).toUpperCase();
    case 'lower':
      return String(first).toLowerCase();
    case 'len':
      return Array.isArray(first) ? first.length : Object.keys(first as object).length;
    case 'index':
      return (first as Record<string, unknown>)[String(second)] ?? '';
    case 'println':
      return `${args.map((arg) => show(arg)).join(' ')}\n`;
    case 'not':
      return !isTrue(first);
    case 'eq':
      return args.slice(1).some((other) => other === first);
    default:
      throw new DockerError(`template parsing error: template: :1: function "${name}" not defined`, 64);
  }
}

/** Fields that hold maps; what else can be null holds a list. */
const maps = /\.(Labels|Options|Volumes)$/;

/** As Go's fmt prints a value; a nil list or map as an empty one. */
function show(value: unknown, name = ''): string {
  if (value === undefined) return '<no value>';
  if (value === null) return maps.test(name) ? 'map[]' : '[]';
  if (Array.isArray(value)) return `[${value.map((item) => show(item)).join(' ')}]`;
  if (typeof value === 'object')
    return `map[${Object.entries(value)
      .map(([key, item]) => `${key}:${show(item)}`)
      .join(' ')}]`;
  return String(value);
}

function isTrue(value: unknown): boolean {
  if (value === null || value === undefined || value === false || value === 0 || value === '') return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}

function render(parts: readonly Part[], data: unknown, root: unknown): string {
  let out = '';
  for (const part of parts) {
    if (part.kind === 'text') out += part.text;
    else if (part.kind === 'value') out += show(evaluate(part.words, data, root), part.words[0]);
    else {
      const value = evaluate(part.words, data, root);
      if (part.kind === 'if') out += render(isTrue(value) ? part.body : part.otherwise, data, root);
      else if (isTrue(value))
        for (const item of Object.values(value as object)) out += render(part.body, item, root);
      else out += render(part.otherwise, data, root);
    }
  }
  return out;
}

/** `template` filled from `data`. Throws DockerError for a mistake in it. */
export function fill(template: string, data: unknown): string {
  return render(new TemplateParser(template).parse(), data, data);
}
