/** Patterns in `${x#p}` and `${x/p/w}`: `?`, `*` and escapes, without brackets (POSIX, "Pattern Matching Notation"). */
import { DockerfileError } from './errors.ts';

/** The regular expression's source for a pattern; `*` takes as much as it can when `greedy`. */
function sourceOf(pattern: string, greedy: boolean): string {
  const invalid = (why: string) =>
    new DockerfileError(`invalid pattern (${pattern}) in substitution: ${why}`);
  let out = '';
  const chars = [...pattern];
  for (let i = 0; i < chars.length; i++) {
    const char = chars[i]!;
    if (char === '*') out += greedy ? '.*' : '.*?';
    else if (char === '?') out += '.';
    else if (char === '\\') {
      const escaped = chars[i + 1] ?? '';
      // A brace or a slash is escaped for the substitution's sake, not for the pattern's.
      if (escaped === '}' || escaped === '/') continue;
      if (escaped !== '*' && escaped !== '?' && escaped !== '\\')
        throw invalid(`invalid escape '\\${escaped}'`);
      out += `\\${escaped}`;
      i++;
    } else out += /[[\]{}.+()|^$/]/.test(char) ? `\\${char}` : char;
  }
  return out;
}

export function trimPrefix(value: string, pattern: string, greedy: boolean): string {
  return value.replace(new RegExp(`^${sourceOf(pattern, greedy)}`, 'u'), '');
}

/** A pattern that matches what is read backwards: escapes stay before what they escape. */
function backwards(pattern: string): string {
  return [...pattern.matchAll(/\\.|./gsu)]
    .map(([part]) => part)
    .reverse()
    .join('');
}

const reversed = (text: string) => [...text].reverse().join('');

/** The shortest end is found as the shortest beginning of the text read backwards. */
export function trimSuffix(value: string, pattern: string, greedy: boolean): string {
  return reversed(trimPrefix(reversed(value), backwards(pattern), greedy));
}

export function replaceMatches(value: string, pattern: string, replacement: string, all: boolean): string {
  return value.replace(new RegExp(sourceOf(pattern, true), all ? 'gu' : 'u'), () => replacement);
}
