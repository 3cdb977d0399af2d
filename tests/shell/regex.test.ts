/** POSIX regular expressions: the leftmost longest match, in time that no pattern can blow up. */
import { describe, expect, test } from 'vitest';
import { Random } from '../../src/base/index.ts';
import { compileRegex, Regex, RegexExhausted, RegexProblem } from '../../src/shell/regex/index.ts';
import { commandHost } from '../support/commandHost.ts';
import { keys, shellSession } from '../support/shellScreen.ts';

const extended = (pattern: string) => new Regex([pattern], { extended: true });

/** A tree, its pattern, and by the definition of regular expressions where matches from `at` end. */
interface Language {
  readonly pattern: string;
  ends(text: string, at: number): Set<number>;
}

function randomLanguage(pick: (below: number) => number, depth: number): Language {
  const kind = pick(depth > 0 ? 7 : 3);
  if (kind < 2) {
    const char = 'ab'[kind]!;
    return { pattern: char, ends: (text, at) => new Set(text[at] === char ? [at + 1] : []) };
  }
  if (kind === 2)
    return {
      pattern: '[^a]',
      ends: (text, at) => new Set(at < text.length && text[at] !== 'a' ? [at + 1] : []),
    };
  const left = randomLanguage(pick, depth - 1);
  if (kind === 3) {
    const right = randomLanguage(pick, depth - 1);
    return {
      pattern: `(${left.pattern}|${right.pattern})`,
      ends: (text, at) => new Set([...left.ends(text, at), ...right.ends(text, at)]),
    };
  }
  if (kind === 4) {
    const ends = (text: string, at: number) => {
      const reached = new Set([at]);
      for (const from of reached) for (const to of left.ends(text, from)) reached.add(to);
      return reached;
    };
    return { pattern: `(${left.pattern})*`, ends };
  }
  if (kind === 5) {
    const twice = (text: string, at: number) =>
      new Set([...left.ends(text, at)].flatMap((to) => [to, ...left.ends(text, to)]));
    return { pattern: `(${left.pattern}){1,2}`, ends: twice };
  }
  const right = randomLanguage(pick, depth - 1);
  return {
    pattern: `${left.pattern}${right.pattern}`,
    ends: (text, at) => new Set([...left.ends(text, at)].flatMap((to) => [...right.ends(text, to)])),
  };
}

describe('the leftmost longest match', () => {
  test.each(Array.from({ length: 200 }, (_, seed) => seed))(
    'of random expression %i is the one its definition gives',
    (seed) => {
      const random = Random.fromSeed(`regex ${seed}`);
      const language = randomLanguage((below) => random.below(below), 4);
      const regex = extended(language.pattern);
      for (let round = 0; round < 20; round++) {
        const text = Array.from({ length: random.below(9) }, () => 'abc'[random.below(3)]).join('');
        let wanted: [number, number] | null = null;
        for (let at = 0; at <= text.length && wanted === null; at++) {
          const ends = language.ends(text, at);
          if (ends.size > 0) wanted = [at, Math.max(...ends)];
        }
        const match = regex.exec(text);
        expect(match === null ? null : [match.index, match.end], `${language.pattern} in ${text}`).toEqual(
          wanted,
        );
        expect(regex.test(text)).toBe(wanted !== null);
      }
    },
  );

  test('counts characters, not their halves', () => {
    expect([...extended('.').matches('a😀b')].map((match) => match.groups[0])).toEqual(['a', '😀', 'b']);
    expect([...extended('x*').matches('😀')].map((match) => match.index)).toEqual([0, 2]);
    expect(extended('[^a]').exec('\udc80b')?.index).toBe(1);
  });

  test('a search may begin within the text, whose start stays where it is', () => {
    expect(extended('^a').exec('aa', 1)).toBeNull();
    expect(extended('\\<b').exec('ab b', 1)?.index).toBe(3);
  });
});

describe('time', () => {
  test.each(['(a|aa)+$', '(a*)*b', '(a|a?)+b', '(x+x+)+y|(a+)+c', '(.*)*(.*)*[0-9]'])(
    '%s takes steps in proportion to the text',
    (pattern) => {
      const steps = [1000, 2000, 4000].map((length) => {
        const regex = extended(pattern);
        regex.exec(`${'a'.repeat(length)}!`);
        return regex.takeSteps();
      });
      expect(steps[2]!).toBeLessThan(4000 * 12);
      expect(steps[2]! / steps[1]!).toBeLessThan(2.2);
    },
  );

  test('a search with references ends, however many ways there are', () => {
    const regex = extended('(a*)*(a*)*\\1b\\2(a*)*');
    const text = `${'a'.repeat(60)}c${'a'.repeat(5)}b`;
    expect(() => extended('(a*)*(a*)*(a*)*\\1\\2\\3!').exec(`${'a'.repeat(60)}.!`)).not.toThrow(TypeError);
    expect(() => regex.exec(text)).toThrow(RegexExhausted);
    expect(compileRegex('(a*)*(a*)*\\1b\\2(a*)*', { extended: true })!.test(text)).toBe(false);
  });

  test('an expression with too many states is given up, one with too many places refused', () => {
    expect(() => extended('^(x{1,200}){1,200}$').test('x'.repeat(20_000))).toThrow(RegexExhausted);
    expect(() => extended('((x{1,200}){1,200}){1,200}')).toThrow(RegexProblem);
  });

  test('programs say so', () => {
    const line = `printf '%060d' 0 | tr 0 a > f; echo caaaaab >> f`;
    const { command } = commandHost();
    const pattern = '(a*)*(a*)*\\1b\\2(a*)*';
    expect(command(`${line}; grep -E '${pattern}' f`)).toEqual({
      stdout: '',
      stderr: 'grep: memory exhausted\n',
      status: 2,
    });
    expect(command(`${line}; sed -E 's/${pattern}/x/' f`)).toMatchObject({
      stderr: 'sed: memory exhausted\n',
      status: 4,
    });
  });

  test('Ctrl-C ends a search that goes on', () => {
    const session = shellSession();
    session.type('x=$(printf %0300d 0)\r');
    session.type('[[ $x =~ (0*)(0*)\\2\\1y ]]; echo $?\r');
    expect(session.screen.text).toMatch(/\n1\n\$$/);
    session.type("re='^(0*)(0*)\\2\\1y'; while :; do [[ ${x}y =~ $re ]]; done\r");
    session.type(keys('<C-c>'));
    session.type('echo at $?\r');
    expect(session.screen.text).toMatch(/\^C\n+\$ echo at \$\?\nat 130\n\$$/);
  });
});

test('pgrep takes extended expressions and tells of malformed ones', () => {
  const { command } = commandHost();
  expect(
    command('sleep 50 & pgrep -x "sle|sleep" | wc -l; pgrep "^s(l|x)e+p$" | wc -l; pgrep -x slee; kill %1'),
  ).toMatchObject({
    stdout: '1\n1\n',
  });
  expect(command("pgrep '('; pkill '['")).toEqual({
    stdout: '',
    stderr: 'pgrep: regex error: Unmatched ( or \\(\npkill: regex error: Invalid regular expression\n',
    status: 2,
  });
});

test('getfattr takes extended expressions and tells of malformed ones', () => {
  const { command } = commandHost();
  const made = 'touch f; setfattr -n user.ab -v 1 f; setfattr -n user.cd -v 2 f';
  expect(command(`${made}; getfattr -m 'a|ab$' f`).stdout).toBe('# file: f\nuser.ab\n\n');
  expect(command("getfattr -m '(' f")).toEqual({
    stdout: '',
    stderr: 'getfattr: invalid regular expression "("\n',
    status: 1,
  });
});
