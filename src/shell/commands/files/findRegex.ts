/** find's -regex: an expression for the whole path, in one of several syntaxes. */
import { Regex, RegexProblem } from '../../regex/index.ts';

/** Told as `find: …`. */
export class FindError extends Error {}

const types: Readonly<Record<string, 'emacs' | 'basic' | 'extended' | null>> = {
  'findutils-default': 'emacs',
  ed: 'basic',
  emacs: 'emacs',
  'gnu-awk': null,
  grep: 'basic',
  'posix-awk': null,
  awk: null,
  'posix-basic': 'basic',
  'posix-egrep': 'extended',
  egrep: 'extended',
  'posix-extended': 'extended',
  'posix-minimal-basic': null,
  sed: 'basic',
};

export const DEFAULT_REGEX_TYPE = 'findutils-default';

/** Throws FindError unless -regextype may name `type`. */
export function checkRegexType(type: string): void {
  if (!Object.hasOwn(types, type)) {
    const known = Object.keys(types).map((name) => `‘${name}’`);
    throw new FindError(`Unknown regular expression type ‘${type}’; valid types are ${known.join(', ')}.`);
  }
  if (types[type] === null) throw new FindError(`regular expressions of type ‘${type}’ are not simulated`);
}

/** Emacs has `\(`, `\)` and `\|` with a backslash, `*`, `+` and `?` without, and no intervals. */
function fromEmacs(pattern: string): string {
  return pattern.replace(/\[\^?\]?[^\]]*\]|\\[\s\S]|[(){}|]/g, (part) => {
    if (part.startsWith('[')) {
      if (part.includes('[:')) throw new FindError(`character classes need another -regextype: '${pattern}'`);
      return part;
    }
    if (!part.startsWith('\\')) return `\\${part}`;
    return '()|'.includes(part[1]!) ? part[1]! : part;
  });
}

/** Throws FindError. */
export function pathRegex(pattern: string, type: string, ignoreCase: boolean): Regex {
  const syntax = types[type];
  try {
    return new Regex([syntax === 'emacs' ? fromEmacs(pattern) : pattern], {
      extended: syntax !== 'basic',
      ignoreCase,
      only: 'lines',
      givesUp: true,
    });
  } catch (error) {
    if (!(error instanceof RegexProblem)) throw error;
    throw new FindError(`failed to compile regular expression '${pattern}': ${error.message}`);
  }
}
