/** Regular expressions as sed writes them. */
import { compile } from '../text/regex.ts';

/** `\n` and `\t`, which also stand for their characters in bracket expressions. */
function withControls(pattern: string): string {
  return pattern.replace(/\\([\s\S])/g, (whole, char) => (char === 'n' ? '\n' : char === 't' ? '\t' : whole));
}

/** `flags` of an address or of `s`: I for any case, M for `^` and `$` at the lines within. A message when it is malformed. */
export function sedPattern(pattern: string, extended: boolean, flags: string): RegExp | string {
  const compiled = compile(
    withControls(pattern),
    extended,
    `gs${/i/i.test(flags) ? 'i' : ''}${/m/i.test(flags) ? 'm' : ''}`,
  );
  return compiled ?? complaint(pattern, extended);
}

/** What regcomp(3) says. */
function complaint(pattern: string, extended: boolean): string {
  const plain = pattern.replace(/\[\^?\]?[^\]]*\]/g, '');
  if (plain.includes('[')) return 'Unmatched [, [^, [:, [., or [=';
  const count = (sign: string) =>
    (plain.match(new RegExp(extended ? `(?<!\\\\)\\${sign}` : `\\\\\\${sign}`, 'g')) ?? []).length;
  if (count('(') > count(')')) return 'Unmatched ( or \\(';
  if (count('(') < count(')')) return 'Unmatched ) or \\)';
  if (count('{') !== count('}')) return 'Unmatched { or \\{';
  if (/\\$/.test(plain)) return 'Trailing backslash';
  if (/\\[1-9]/.test(plain)) return 'Invalid back reference';
  return /\{/.test(plain) ? 'Invalid content of \\{\\}' : 'Invalid preceding regular expression';
}
