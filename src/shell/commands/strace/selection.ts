/** What strace(1)'s -e chooses: calls, signals, results. */
import { parseSignal, type SignalName, signalNames } from '../../../linux/index.ts';
import { Failed } from '../namespaces/starting.ts';
import { classes, linuxCalls } from './linuxCalls.ts';

/** How a call ended, for `-e status`. */
export const statuses = ['successful', 'failed', 'unfinished', 'unavailable', 'detached'] as const;
export type Status = (typeof statuses)[number];

export interface Selection {
  calls: ReadonlySet<string>;
  signals: ReadonlySet<SignalName>;
  statuses: ReadonlySet<Status>;
  quiet: ReadonlySet<string>;
}

/** `a,b`, `!a,b`, `all`, `none`: of `all` those that `choose` gives for each word; null: not known. */
function chosen<T>(
  text: string,
  all: readonly T[],
  what: string,
  choose: (word: string) => readonly T[] | null,
): Set<T> {
  const negated = text.startsWith('!');
  const words = (negated ? text.slice(1) : text).split(',');
  const found = new Set<T>();
  for (const word of words) {
    const members = word === 'all' ? all : word === 'none' && words.length === 1 ? [] : choose(word);
    if (members === null) throw new Failed(`invalid ${what} '${word}'`);
    for (const member of members) found.add(member);
  }
  return negated ? new Set(all.filter((member) => !found.has(member))) : found;
}

const names: readonly string[] = [...linuxCalls.keys()];

function callsNamed(given: string): readonly string[] | null {
  if (given.startsWith('/')) throw new Failed('the option -e trace=/REGEX is not simulated');
  const mayMiss = given.startsWith('?');
  const word = mayMiss ? given.slice(1) : given;
  if (linuxCalls.has(word)) return [word];
  // Without the percent sign the sets of old are known, too.
  const old = /^(desc|file|ipc|memory|network|process|signal)$/.test(word);
  const letter = word.startsWith('%') ? classes[word.slice(1)] : old ? classes[word] : undefined;
  if (letter !== undefined) return names.filter((name) => linuxCalls.get(name)!.includes(letter));
  return mayMiss ? [] : null;
}

/** Of each qualifier the names by which it is known, and whether it is simulated. */
const qualifiers: Readonly<Record<string, 'trace' | 'signal' | 'status' | 'quiet' | null>> = {
  trace: 'trace',
  t: 'trace',
  signal: 'signal',
  signals: 'signal',
  s: 'signal',
  status: 'status',
  quiet: 'quiet',
  silent: 'quiet',
  silence: 'quiet',
  q: 'quiet',
  ...Object.fromEntries(
    'abbrev a verbose v raw x read reads r write writes w fault inject kvm decode-fds'
      .split(' ')
      .map((name) => [name, null]),
  ),
};

const messages = ['attach', 'exit', 'path-resolution', 'personality', 'thread-execve'] as const;

export const everything = (): Selection => ({
  calls: new Set(names),
  signals: new Set(signalNames),
  statuses: new Set(statuses),
  quiet: new Set(),
});

/** Takes one -e into account. Throws Failed. */
export function select(selection: Selection, expression: string): void {
  const [, name = 'trace', rest = expression] = /^([\w-]+)=(.*)$/s.exec(expression) ?? [];
  const known = Object.hasOwn(qualifiers, name);
  const qualifier = known ? qualifiers[name]! : 'trace';
  const text = known ? rest : expression;
  switch (qualifier) {
    case 'trace':
      selection.calls = chosen(text, names, 'system call', callsNamed);
      return;
    case 'signal':
      selection.signals = chosen(text, signalNames, 'signal', (word) => {
        const signal = parseSignal(word);
        return signal === null ? null : [signal];
      });
      return;
    case 'status':
      selection.statuses = chosen<Status>(text, statuses, 'status', (word) =>
        statuses.includes(word as Status) ? [word as Status] : null,
      );
      return;
    case 'quiet':
      selection.quiet = chosen<string>(text, messages, 'quiet', (word) =>
        (messages as readonly string[]).includes(word) ? [word] : null,
      );
      return;
    default:
      throw new Failed(`the option -e ${name} is not simulated`);
  }
}
