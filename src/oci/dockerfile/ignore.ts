/** .dockerignore: which files of a context are left out. Patterns as moby/patternmatcher has them; a table of its tests holds this. */
import { DockerfileError } from './errors.ts';
import { trim } from './text.ts';

interface Pattern {
  readonly exception: boolean;
  readonly matches: (path: string) => boolean;
}

/** A path without `.`, `..` and double slashes, as Go's path.Clean gives it. */
export function cleanPath(path: string): string {
  const rooted = path.startsWith('/');
  const kept: string[] = [];
  for (const name of path.split('/')) {
    if (name === '' || name === '.') continue;
    if (name !== '..') kept.push(name);
    else if (kept.length > 0 && kept.at(-1) !== '..') kept.pop();
    else if (!rooted) kept.push(name);
  }
  return `${rooted ? '/' : ''}${kept.join('/')}` || '.';
}

/** The patterns of a .dockerignore file. */
export function readIgnoreFile(text: string): string[] {
  const patterns: string[] = [];
  for (const line of text.replace(/^\uFEFF/, '').split(/\r?\n/)) {
    if (line.startsWith('#') || trim(line) === '') continue;
    const exception = trim(line).startsWith('!');
    let pattern = trim(exception ? trim(line).slice(1) : line);
    if (pattern !== '') pattern = cleanPath(pattern);
    if (pattern.length > 1 && pattern.startsWith('/')) pattern = pattern.slice(1);
    patterns.push(exception ? `!${pattern}` : pattern);
  }
  return patterns;
}

/** Whether brackets and escapes of a pattern end: what Go's path.Match calls a bad pattern otherwise. */
function wellFormed(pattern: string): boolean {
  for (let i = 0; i < pattern.length; i++) {
    if (pattern[i] === '\\' && ++i === pattern.length) return false;
    if (pattern[i] !== '[') continue;
    let at = pattern[i + 1] === '^' ? i + 2 : i + 1;
    for (let count = 0; pattern[at] !== ']' || count === 0; count++) {
      for (const part of [0, 1]) {
        if (at >= pattern.length || '-]'.includes(pattern[at]!)) return false;
        if (pattern[at] === '\\') at++;
        at += [...pattern.slice(at)][0]?.length ?? 1;
        if (part === 0 && pattern[at] !== '-') break;
        if (part === 0) at++;
      }
      if (at >= pattern.length) return false;
    }
    i = at;
  }
  return true;
}

/** `*` and `?` do not match a slash, `**` does. */
function regexpOf(pattern: string): RegExp {
  let source = '';
  /** Between brackets. */
  let inside = false;
  const chars = [...pattern];
  for (let i = 0; i < chars.length; i++) {
    const char = chars[i]!;
    if (char === '*' && chars[i + 1] === '*') {
      i++;
      if (chars[i + 1] === '/') i++;
      source += i + 1 === chars.length ? '.*' : '(.*/)?';
    } else if (char === '*') source += '[^/]*';
    else if (char === '?') source += '[^/]';
    else if (char === '\\' && i + 1 < chars.length) source += literal(chars[++i]!);
    else if (char === '[' || char === ']') {
      source += char === ']' && !inside ? '\\]' : char;
      inside = char === '[';
    } else if (inside || char === '^') source += char;
    else source += literal(char);
  }
  return new RegExp(`^${source}$`, 'us');
}

/** A hyphen is escaped by its number: `\\-` stands in brackets only. */
const literal = (char: string) =>
  char === '-' ? '\\x2d' : /[\\^$.*+?()[\]{}|/]/.test(char) ? `\\${char}` : char;

/** How a pattern matches; what begins with `**` matches ends of paths literally when nothing else in it is special. */
function matcherOf(pattern: string): (path: string) => boolean {
  const end = /^\*\*\/?/.exec(pattern)?.[0];
  const rest = pattern.slice(end?.length ?? 0);
  if (end !== undefined && rest !== '' && !/[*?\\[\]]/.test(rest)) {
    const suffix = pattern.slice(2);
    return (path) => path.endsWith(suffix) || (suffix.startsWith('/') && path === suffix.slice(1));
  }
  if (/^[^*?\\[\]]*$/.test(pattern)) return (path) => path === pattern;
  let regexp: RegExp;
  try {
    regexp = regexpOf(pattern);
  } catch {
    throw new DockerfileError('syntax error in pattern');
  }
  return (path) => regexp.test(path);
}

/** Says of paths of a context, without a slash at their beginning, whether they match. */
export class PathMatcher {
  readonly #patterns: readonly Pattern[];
  /** Some patterns are exceptions: what lies below a directory that matches must be looked at too. */
  readonly exceptions: boolean;

  /** Throws DockerfileError for a malformed pattern. */
  constructor(patterns: readonly string[]) {
    this.#patterns = patterns
      .map(trim)
      .filter((pattern) => pattern !== '')
      .map((given) => {
        const clean = cleanPath(given);
        const exception = clean.startsWith('!');
        const pattern = exception ? clean.slice(1) : clean;
        if (pattern === '') throw new DockerfileError('illegal exclusion pattern: "!"');
        if (!wellFormed(pattern)) throw new DockerfileError('syntax error in pattern');
        return { exception, matches: matcherOf(pattern) };
      });
    this.exceptions = this.#patterns.some(({ exception }) => exception);
  }

  /** By the path itself or a directory above it; later patterns win. */
  matches(path: string): boolean {
    const names = path.split('/');
    const above = names.slice(0, -1).map((_, i) => names.slice(0, i + 1).join('/'));
    let matched = false;
    for (const { exception, matches } of this.#patterns) {
      if (exception !== matched) continue;
      if (matches(path) || above.some(matches)) matched = !exception;
    }
    return matched;
  }
}
