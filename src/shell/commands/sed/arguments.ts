/** What follows a command's letter. */
import { sedPattern } from './regex.ts';
import type { Scanner } from './scanner.ts';
import { replacementOf } from './substitute.ts';
import type { Substitution } from './syntax.ts';

/** After a command only `;`, `}`, a comment or a newline may come. */
export function endOfCommand(scan: Scanner): void {
  scan.skip(/[ \t]/);
  if (scan.ended || scan.next === '}' || scan.next === '#') return;
  const next = scan.take();
  if (next !== '\n' && next !== ';') scan.fail('extra characters after command');
}

/** The text of a, i and c, in one line (`a text`) or after `a\` and a newline. */
export function textArgument(scan: Scanner): string {
  scan.skip(/[ \t]/);
  if (scan.ended) scan.fail("expected \\ after `a', `c' or `i'");
  if (scan.next === '\\') {
    scan.at++;
    const from = scan.at;
    scan.skip(/[ \t]/);
    if (scan.text[scan.at] === '\n') scan.at++;
    else scan.at = from;
    if (scan.ended) scan.fail("expected \\ after `a', `c' or `i'");
  }
  let text = '';
  for (let char = scan.take(); char !== undefined && char !== '\n'; char = scan.take()) {
    if (char !== '\\') text += char;
    else {
      const escaped = scan.take() ?? '';
      text += escaped === 't' ? '\t' : escaped;
    }
  }
  return `${text}\n`;
}

export function fileArgument(scan: Scanner): string {
  scan.skip(/[ \t]/);
  const file = scan.restOfLine();
  if (file === '') scan.fail('missing filename in r/R/w/W commands');
  return file;
}

/** The two lists of `y`, as a map. */
export function transliteration(scan: Scanner): Map<string, string> {
  const delimiter = scan.take();
  const lists = [0, 1].map(() => (delimiter === undefined ? null : scan.delimited(delimiter, false)));
  const [from, to] = lists.map((list) => {
    if (list === null) return scan.fail("unterminated `y' command");
    return [
      ...list.replace(/\\([\s\S])/g, (_whole, char) => (char === 'n' ? '\n' : char === 't' ? '\t' : char)),
    ];
  });
  if (from!.length !== to!.length) scan.fail("strings for `y' command are different lengths");
  endOfCommand(scan);
  return new Map(from!.map((char, i) => [char, to![i]!]));
}

interface Flags {
  all: boolean;
  print: boolean;
  from: number | null;
  regex: string;
  file: string | null;
}

function substitutionFlags(scan: Scanner): Flags {
  const flags: Flags = { all: false, print: false, from: null, regex: '', file: null };
  for (;;) {
    const number = scan.number();
    if (number !== null) {
      if (flags.from !== null) scan.fail("multiple number options to `s' command");
      if (number === 0) scan.fail("number option to `s' command may not be zero");
      flags.from = number;
      continue;
    }
    const char = scan.next;
    if (char === undefined || /[\n;}#]/.test(char)) break;
    scan.at++;
    if (char === ' ' || char === '\t') continue;
    if (char === 'g' && flags.all) scan.fail("multiple `g' options to `s' command");
    if (char === 'p' && flags.print) scan.fail("multiple `p' options to `s' command");
    if (char === 'g') flags.all = true;
    else if (char === 'p') flags.print = true;
    else if (/[iImM]/.test(char)) flags.regex += char;
    else if (char === 'w') {
      flags.file = fileArgument(scan);
      return flags;
    } else scan.fail(char === 'e' ? 'e/r/w commands disabled in sandbox mode' : "unknown option to `s'");
  }
  endOfCommand(scan);
  return flags;
}

/** What follows `s`. */
export function substitution(scan: Scanner, extended: boolean): Substitution {
  const delimiter = scan.take();
  const text = delimiter === undefined ? null : scan.delimited(delimiter, true);
  const replacement = text === null ? null : scan.delimited(delimiter!, false);
  if (text === null || replacement === null) scan.fail("unterminated `s' command");
  const flags = substitutionFlags(scan);
  const pattern = text === '' ? null : sedPattern(text, extended, flags.regex);
  if (typeof pattern === 'string') scan.fail(pattern);
  const groups = pattern === null ? 9 : pattern.groups;
  return {
    pattern,
    replacement: replacementOf(replacement, groups, (message) => scan.fail(message)),
    from: flags.from ?? 1,
    all: flags.all,
    print: flags.print,
    file: flags.file,
  };
}
