/** POSIX basic and extended regular expressions (regex(7)) as JavaScript ones. */

const classes: Record<string, string> = {
  alpha: 'A-Za-z',
  digit: '0-9',
  alnum: 'A-Za-z0-9',
  upper: 'A-Z',
  lower: 'a-z',
  space: '\\s',
  blank: ' \\t',
  punct: '!-\\/:-@\\[-`{-~',
  print: '\\x20-\\x7e',
  graph: '\\x21-\\x7e',
  cntrl: '\\x00-\\x1f\\x7f',
  xdigit: '0-9A-Fa-f',
};

/** A bracket expression that starts at `at`; returns its JavaScript form and where it ends. Null when it does not end. */
function bracket(pattern: string, at: number): { source: string; end: number } | null {
  let i = at + 1;
  let source = '[';
  if (pattern[i] === '^') {
    source += '^';
    i++;
  }
  for (let first = true; i < pattern.length; first = false) {
    const char = pattern[i]!;
    if (char === ']' && !first) return { source: `${source}]`, end: i + 1 };
    const named = /^\[:(\w+):\]/.exec(pattern.slice(i));
    if (named !== null) {
      const chars = classes[named[1]!];
      if (chars === undefined) return null;
      source += chars;
      i += named[0].length;
    } else {
      source +=
        char === '\\' || char === '[' || char === ']' || (char === '^' && source !== '[')
          ? `\\${char}`
          : char;
      i++;
    }
  }
  return null;
}

/** JavaScript source for `pattern`; null when it is malformed. GNU's \b \w \s \< \> and \+ \? \| of basic ones are known. */
export function translate(pattern: string, extended: boolean): string | null {
  let out = '';
  let depth = 0;
  for (let i = 0; i < pattern.length; ) {
    const char = pattern[i]!;
    if (char === '[') {
      const found = bracket(pattern, i);
      if (found === null) return null;
      out += found.source;
      i = found.end;
      continue;
    }
    const escaped = char === '\\';
    const next = escaped ? pattern[i + 1] : char;
    if (next === undefined) return null;
    i += escaped ? 2 : 1;
    // In a basic expression the operators are the escaped ones, in an extended one the bare ones.
    const operator = '(){}+?|'.includes(next) && escaped !== extended;
    if (operator) {
      if (next === '(') depth++;
      if (next === ')' && --depth < 0) return null;
      out += next;
    } else if ('(){}+?|'.includes(next)) out += `\\${next}`;
    else if (escaped) out += special(next);
    else if (
      next === '*' &&
      (out === '' || out.endsWith('(') || out.endsWith('|') || out === '^') &&
      !extended
    )
      out += '\\*';
    else if (next === '^' && !extended && out !== '' && !out.endsWith('(')) out += '\\^';
    else if (next === '$' && !extended && i < pattern.length && !pattern.startsWith('\\)', i)) out += '\\$';
    else out += next === '/' ? '\\/' : next;
  }
  return depth === 0 ? out : null;
}

function special(char: string): string {
  if (char === '<') return '\\b(?=\\w)';
  if (char === '>') return '\\b(?<=\\w)';
  if (/[1-9bBwWsS]/.test(char)) return `\\${char}`;
  if (char === 'n') return '\\n';
  if (char === 't') return '\\t';
  return /[A-Za-z0-9_]/.test(char) ? char : `\\${char}`;
}

/** The compiled expression; null when it is malformed. */
export function compile(pattern: string, extended: boolean, flags: string): RegExp | null {
  const source = translate(pattern, extended);
  if (source === null) return null;
  try {
    return new RegExp(source, flags);
  } catch {
    return null;
  }
}

export function escapeLiteral(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}
