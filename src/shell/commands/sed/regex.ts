/** Regular expressions as sed writes them. */
import { Regex, RegexProblem } from '../../regex/index.ts';

/** `\n` and `\t`, which also stand for their characters in bracket expressions. */
function withControls(pattern: string): string {
  return pattern.replace(/\\([\s\S])/g, (whole, char) => (char === 'n' ? '\n' : char === 't' ? '\t' : whole));
}

/** `flags` of an address or of `s`: I for any case, M for `^` and `$` at the lines within. A message when it is malformed. */
export function sedPattern(pattern: string, extended: boolean, flags: string): Regex | string {
  try {
    return new Regex([withControls(pattern)], {
      extended,
      dialect: 'sed',
      ignoreCase: /i/i.test(flags),
      multiline: /m/i.test(flags),
    });
  } catch (error) {
    if (error instanceof RegexProblem) return error.message;
    throw error;
  }
}
