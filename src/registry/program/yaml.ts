/**
 * The YAML of configuration files (yaml.org, 1.2), as much as they use: maps and lists by indentation, plain and quoted scalars, lists in
 * brackets, comments. What is more than that is refused with its line.
 */

export type Yaml = string | null | readonly Yaml[] | { readonly [key: string]: Yaml };

export class YamlError extends Error {
  constructor(line: number, message: string) {
    super(`yaml: line ${line}: ${message}`);
    this.name = 'YamlError';
  }
}

interface Line {
  readonly number: number;
  readonly indent: number;
  readonly text: string;
}

/** A comment begins a line, or follows a blank; within quotes there is none. */
function withoutComment(text: string): string {
  let quote = '';
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!;
    if (quote !== '') quote = char === quote ? '' : quote;
    else if (char === '"' || char === "'") quote = char;
    else if (char === '#' && (i === 0 || /\s/.test(text[i - 1]!))) return text.slice(0, i);
  }
  return text;
}

function linesOf(text: string): Line[] {
  return text.split(/\r?\n/).flatMap((raw, i) => {
    const line = withoutComment(raw).trimEnd();
    const indent = line.length - line.trimStart().length;
    if (line.slice(0, indent).includes('\t'))
      throw new YamlError(i + 1, 'found character that cannot start any token');
    return line.trim() === '' || line === '---' ? [] : [{ number: i + 1, indent, text: line.trim() }];
  });
}

/** Reads a document. Throws YamlError. */
export function parseYaml(text: string): Yaml {
  const reader = new Reader(linesOf(text));
  const value = reader.block(0);
  reader.mustEnd();
  return value;
}

class Reader {
  readonly #lines: readonly Line[];
  #at = 0;

  constructor(lines: readonly Line[]) {
    this.#lines = lines;
  }

  /** The map or list whose lines are indented by at least `least`; null when there is none. */
  block(least: number): Yaml {
    const first = this.#lines[this.#at];
    if (first === undefined || first.indent < least) return null;
    return first.text.startsWith('- ') || first.text === '-'
      ? this.#list(first.indent)
      : this.#map(first.indent);
  }

  mustEnd(): void {
    const line = this.#lines[this.#at];
    if (line !== undefined) throw new YamlError(line.number, 'did not find expected key');
  }

  #list(indent: number): Yaml[] {
    const items: Yaml[] = [];
    for (;;) {
      const line = this.#lines[this.#at];
      if (line === undefined || line.indent !== indent || !/^-( |$)/.test(line.text)) return items;
      this.#at++;
      const rest = line.text.slice(1).trim();
      if (/^[\w.-]+:( |$)/.test(rest)) throw new YamlError(line.number, 'maps in lists are not supported');
      items.push(rest === '' ? this.block(indent + 1) : scalar(rest, line.number));
    }
  }

  #map(indent: number): Record<string, Yaml> {
    const found = new Map<string, Yaml>();
    for (;;) {
      const line = this.#lines[this.#at];
      if (line === undefined || line.indent !== indent) return Object.fromEntries(found);
      const match = /^(?:"([^"]*)"|'([^']*)'|([^\s"'[\]{},&*!|>%@`:][^:]*?))\s*:(?:\s+(.*))?$/.exec(
        line.text,
      );
      if (match === null) throw new YamlError(line.number, "could not find expected ':'");
      const key = match[1] ?? match[2] ?? match[3]!;
      if (found.has(key)) throw new YamlError(line.number, `mapping key "${key}" already defined`);
      this.#at++;
      const next = this.#lines[this.#at];
      // A list may stand under its key without more indentation.
      const below = next?.indent === indent && /^-( |$)/.test(next.text) ? indent : indent + 1;
      found.set(key, match[4] === undefined ? this.block(below) : scalar(match[4], line.number));
    }
  }
}

function scalar(text: string, line: number): Yaml {
  if (/^\[.*\]$/.test(text)) {
    const inner = text.slice(1, -1).trim();
    return inner === '' ? [] : inner.split(',').map((each) => scalar(each.trim(), line));
  }
  const [, double, single] = /^(?:"((?:[^"\\]|\\["\\/])*)"|'((?:[^']|'')*)')$/.exec(text) ?? [];
  if (double !== undefined) return double.replaceAll(/\\(.)/g, '$1');
  if (single !== undefined) return single.replaceAll("''", "'");
  if (/^["'[\]{}&*!|>%@`]/.test(text)) throw new YamlError(line, `${text} is not supported`);
  return /^(null|~)$/.test(text) ? null : text;
}
