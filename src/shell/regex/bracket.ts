/** Bracket expressions: XBD 9.3.5. */
import { CharacterSet, type CharacterTest, characterClasses } from './characters.ts';
import { RegexProblem } from './syntax.ts';

const UNMATCHED = 'Unmatched [, [^, [:, [., or [=';

/** Reads the expression whose `[` is before `at`; its set and where it ends. Throws RegexProblem. */
export function bracket(
  pattern: string,
  at: number,
  ignoreCase: boolean,
): { set: CharacterSet; end: number } {
  const tests: CharacterTest[] = [];
  let i = at;
  const negated = pattern[i] === '^';
  if (negated) i++;
  const first = i;
  if (i >= pattern.length) throw new RegexProblem('Invalid regular expression');
  for (;;) {
    if (i >= pattern.length) throw new RegexProblem(UNMATCHED);
    if (pattern[i] === ']' && i > first) {
      refuseBareClass(pattern.slice(at, i));
      return { set: new CharacterSet(tests, negated, ignoreCase), end: i + 1 };
    }
    const item = element(pattern, i);
    i = item.end;
    if (pattern[i] === '-' && i + 1 < pattern.length && pattern[i + 1] !== ']') {
      const last = element(pattern, i + 1);
      i = last.end;
      tests.push(range(item.char, last.char));
    } else if (item.test !== null) tests.push(item.test);
    else tests.push((char) => char === item.char);
  }
}

interface Element {
  /** Null for a class. */
  readonly char: string | null;
  readonly test: CharacterTest | null;
  readonly end: number;
}

function element(pattern: string, at: number): Element {
  const kind = pattern[at] === '[' ? pattern[at + 1] : undefined;
  if (kind === ':' || kind === '.' || kind === '=') {
    const close = pattern.indexOf(`${kind}]`, at + 2);
    if (close < 0) throw new RegexProblem(UNMATCHED);
    const name = pattern.slice(at + 2, close);
    const end = close + 2;
    if (kind === ':') {
      const test = Object.hasOwn(characterClasses, name) ? characterClasses[name]! : null;
      if (test === null) throw new RegexProblem('Invalid character class name');
      return { char: null, test, end };
    }
    if ([...name].length !== 1) throw new RegexProblem('Invalid collation character');
    return { char: name, test: kind === '=' ? (char) => char === name : null, end };
  }
  const char = String.fromCodePoint(pattern.codePointAt(at)!);
  return { char, test: null, end: at + char.length };
}

function range(from: string | null, to: string | null): CharacterTest {
  const low = from?.codePointAt(0) ?? 1;
  const high = to?.codePointAt(0) ?? 0;
  if (from === null || to === null || low > high) throw new RegexProblem('Invalid range end');
  return (char) => {
    const code = char.codePointAt(0)!;
    return code >= low && code <= high;
  };
}

/** `[:space:]` without the outer brackets is a slip that GNU's programs tell about. */
function refuseBareClass(inner: string): void {
  if (/^([:.=]).+\1$/s.test(inner) && inner.startsWith(':'))
    throw new RegexProblem('character class syntax is [[:space:]], not [:space:]');
}
