/** The command line of ps(1): options with a dash, and letters of BSD without one. */
import type { Parsed } from '../../options.ts';

/** Ends ps with `error: …`. */
export class PsProblem extends Error {}

/** What both ways of writing mean, in the words of the long options. */
export interface Given {
  /** `o` of BSD and -o, one after the other. */
  readonly formats: readonly string[];
  /** Letters of BSD, without those that take an argument; null when there is no word without a dash. */
  readonly letters: string | null;
  readonly lists: ReadonlyMap<ListKind, readonly string[]>;
  readonly sort: string | null;
}

export type ListKind = 'pid' | 'ppid' | 'euid' | 'ruid' | 'egid' | 'comm' | 'tty' | 'sid';

/** Options with a dash that select. */
const options: readonly (readonly [string, ListKind])[] = [
  ['pid', 'pid'],
  ['ppid', 'ppid'],
  ['user', 'euid'],
  ['User', 'ruid'],
  ['group', 'egid'],
  ['C', 'comm'],
  ['tty', 'tty'],
  ['sid', 'sid'],
];

/** Letters of BSD with an argument that select. */
const letterLists: Readonly<Record<string, ListKind>> = { p: 'pid', q: 'pid', t: 'tty', U: 'euid' };

const SIMPLE = 'aefhjlruwx';

/** `ps -aux`: nobody is called x, and no option with a dash is. */
export function withoutDash(argv: readonly string[]): readonly string[] {
  return argv.map((word) => (/^-[aefjlw]*u?x[a-z]*$/.test(word) ? word.slice(1) : word));
}

/** Throws PsProblem. */
export function givenOf(parsed: Parsed): Given {
  const formats = [...parsed.values('format')];
  const lists = new Map<ListKind, string[]>();
  const add = (kind: ListKind, text: string) =>
    lists.set(kind, [...(lists.get(kind) ?? []), ...text.split(/[, ]+/).filter((item) => item !== '')]);
  for (const [key, kind] of options) for (const text of parsed.values(key)) add(kind, text);
  let letters: string | null = null;
  let sort = parsed.value('sort');
  const words = [...parsed.operands];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    letters ??= '';
    if (/^\d/.test(word)) {
      add('pid', word);
      continue;
    }
    for (let at = 0; at < word.length; at++) {
      const letter = word[at]!;
      if (SIMPLE.includes(letter)) {
        letters += letter;
        continue;
      }
      const kind = Object.hasOwn(letterLists, letter) ? letterLists[letter]! : null;
      if (kind === null && letter !== 'o' && letter !== 'k')
        throw new PsProblem(`unsupported option (BSD syntax): ${letter}`);
      const argument = at + 1 < word.length ? word.slice(at + 1) : words.shift();
      if (argument === undefined) throw new PsProblem(`an argument must follow ${letter}`);
      if (letter === 'o') formats.push(argument);
      else if (letter === 'k') sort = argument;
      else add(kind!, argument);
      break;
    }
  }
  return { formats, letters, lists, sort };
}
