/** Names in archives: made safe, shown, chosen and left out. */
import { type Sys, writeAll } from '../../../linux/index.ts';
import { Pattern } from '../../expand/pattern.ts';
import { bytesFromText } from '../../text.ts';

/** A name on the screen: what would not print, or would move the cursor, is escaped. */
export function shown(name: string): string {
  return name.replace(/[\0-\x1f\x7f\\\udc80-\udcff]/g, (char) => {
    const letter = {
      '\n': 'n',
      '\t': 't',
      '\\': '\\',
      '\r': 'r',
      '\b': 'b',
      '\f': 'f',
      '\v': 'v',
      '\x07': 'a',
    }[char];
    return `\\${letter ?? (bytesFromText(char)[0] ?? 0).toString(8).padStart(3, '0')}`;
  });
}

/** Takes from names what would lead out of the directory: leading slashes, and all up to a `..`. Tells so once for each. */
export class SafeNames {
  readonly #absolute: boolean;
  readonly #told = new Set<string>();

  /** `absolute`: names stay as they are. */
  constructor(absolute: boolean) {
    this.#absolute = absolute;
  }

  *of(name: string, kind: 'member names' | 'hard link targets' = 'member names'): Sys<string> {
    if (this.#absolute) return name;
    const prefix = /^(?:.*\/)?\.\.(?=\/|$)\/*/.exec(name)?.[0] ?? /^\/*/.exec(name)![0];
    const told = `${prefix} ${kind}`;
    if (prefix !== '' && !this.#told.has(told)) {
      this.#told.add(told);
      yield* writeAll(2, `tar: Removing leading \`${shown(prefix)}' from ${kind}\n`);
    }
    const rest = name.slice(prefix.length);
    if (rest !== '') return rest;
    return name.endsWith('/') ? './' : '.';
  }
}

export const hasDotDot = (name: string) => name.split('/').includes('..');

/** A name without its first `count` directories; empty when nothing is left. */
export function stripComponents(name: string, count: number): string {
  let at = 0;
  for (let left = count; left > 0; left--) {
    const slash = name.indexOf('/', at);
    if (slash < 0) return '';
    at = slash;
    while (name[at] === '/') at++;
  }
  return name.slice(at);
}

const withoutSlash = (name: string) => (name.length > 1 ? name.replace(/\/+$/, '') : name);

/** Every directory of a name, and the name itself: a pattern that matches one of them has the name with it. */
function leading(name: string): string[] {
  const parts = withoutSlash(name).split('/');
  return parts.map((_part, i) => parts.slice(0, i + 1).join('/'));
}

/** A pattern of --exclude: `*` matches slashes, and a match may begin behind any slash. */
export class Exclusion {
  readonly #pattern: Pattern;

  constructor(text: string) {
    this.#pattern = new Pattern(withoutSlash(text));
  }

  matches(name: string): boolean {
    for (const path of leading(name)) {
      for (let at = 0; at >= 0; at = path.indexOf('/', at) + 1 || -1)
        if (this.#pattern.matches(path.slice(at))) return true;
    }
    return false;
  }
}

/** A member that was asked for by name; a directory stands for all in it. */
export class Wanted {
  found = false;
  readonly name: string;
  /** Where the member goes. */
  readonly directory: string;
  readonly #pattern: Pattern | null;
  readonly #recursive: boolean;

  constructor(name: string, directory: string, options: { wildcards: boolean; recursive: boolean }) {
    this.name = name;
    this.directory = directory;
    this.#pattern = options.wildcards ? new Pattern(withoutSlash(name)) : null;
    this.#recursive = options.recursive;
  }

  matches(name: string): boolean {
    const plain = withoutSlash(name);
    const candidates = this.#recursive ? leading(plain) : [plain];
    return candidates.some((path) =>
      this.#pattern === null ? path === withoutSlash(this.name) : this.#pattern.matches(path),
    );
  }
}
