/** jq is stopped where the real one would run for ever or fill the machine; what it does otherwise is in utilities/jq.txt. */
import { expect, test } from 'vitest';
import { commandHost } from '../../support/commandHost.ts';

test.each([
  ['def f: f; f', 'the program calls itself too often'],
  ['def f: 1+f; f', 'the program calls itself too often'],
  ['def f: try f catch .; f', 'the program calls itself too often'],
  ['[repeat(1)]|length', 'the program was stopped after 2000000 steps'],
  ['[range(1e9)]|length', 'the program was stopped after 2000000 steps'],
  ['reduce range(60) as $i ([1]; .+.)|length', 'the program was stopped after 2000000 steps'],
  ['[limit(1000000;repeat("x"*1000000))]|length', 'the program was stopped after 2000000 steps'],
  ['reduce range(100000) as $i (0; [.])', 'the value is nested too deeply'],
  ['reduce range(20000) as $i (0; [.]) | flatten', 'the value is nested too deeply'],
  ['reduce range(20000) as $i (0; [.]) | [..]', 'the value is nested too deeply'],
  ['reduce range(20000) as $i (0; [.]) | contains([1])', 'the value is nested too deeply'],
  ['reduce range(20000) as $i ({}; {a: .}) | . * .', 'the value is nested too deeply'],
  ['reduce range(40) as $i (1; [., .]) | . == .', 'the program was stopped after 2000000 steps'],
  [
    'reduce range(200000) as $i ({}; .["k\\($i % 1000)"] = $i)',
    'the program was stopped after 2000000 steps',
  ],
  ['[range(10000) | [.]] - [range(10000) | [.]]', 'the program was stopped after 2000000 steps'],
  [`{${[...Array(600).keys()].map((i) => `a${i}: 1`).join()}}`, 'the program calls itself too often'],
  ['[-1] | implode', 'implode input must be an array of codepoints'],
  ['[55296] | implode', 'implode input must be an array of codepoints'],
  ['[1114112] | implode', 'implode input must be an array of codepoints'],
  ['["a"] | implode', 'implode input must be an array of codepoints'],
  ['[1,2] | tojson | ascii', 'implode input must be an array of codepoints'],
  ['"" * infinite', 'Repeat string result too long'],
  ['"a" * nan', 'Repeat string result too long'],
])('%s', (program, why) => {
  expect(commandHost().command(`jq -n '${program}'`)).toEqual({
    stdout: '',
    stderr: `jq: error (at <unknown>): ${why}\n`,
    status: 5,
  });
});

test.each([
  `${'('.repeat(3000)}1${')'.repeat(3000)}`,
  `${'1+'.repeat(5000)}1`,
  `${'"\\('.repeat(3000)}1${')"'.repeat(3000)}`,
  `.${'[0]'.repeat(5000)}`,
])('a program is not read that is nested too deeply: %.6s', (program) => {
  const { stderr, status } = commandHost().command(`jq -n '${program}'`);
  expect(stderr).toMatch(/^jq: error: the program is nested too deeply at <top-level>, line 1:/);
  expect(status).toBe(3);
});

test.each([
  [`${'1|'.repeat(5000)}.`, '1'],
  [`[${'1,'.repeat(5000)}1] | length`, '5001'],
  ['[1.5] | implode', '"\\u0001"'],
  ['[range(200000)] | .[0:0] = [range(200000)] | length', '400000'],
  ['[range(100000)] - [range(1; 100000)]', '[0]'],
  ['[1, "1", [1], nan, {"a": 1}] - [1, [1], nan, {"a": 1}]', '["1",null]'],
  [
    '[infinite == infinite, -infinite == infinite, infinite > 1, nan == nan, nan < nan, 1 < nan]',
    '[true,false,true,false,true,false]',
  ],
  ['def fac: if . <= 1 then 1 else . * (. - 1 | fac) end; 100 | fac > 9e157', 'true'],
])('%.60s ends', (program, answer) => {
  expect(commandHost().command(`jq -nc '${program}'`)).toEqual({
    stdout: `${answer}\n`,
    stderr: '',
    status: 0,
  });
});

test.each([
  ['("a" * 5000 + "!") | test("(a+)+$"), test("(.*)(.*)(.*)(.*)x")', 'false\nfalse'],
  [
    '"ab" | [match("a|ab").string, match("(a)|b"; "g").captures]',
    '["a",[{"offset":0,"length":1,"string":"a","name":null}],[{"offset":-1,"string":null,"length":0,"name":null}]]',
  ],
  ['"aXbxc" | [match("x*"; "g") | [.offset, .length]]', '[[0,0],[1,0],[2,0],[3,1],[4,0]]'],
  [
    String.raw`"a\nb" | [test("^b"), test("a.b"), test("a.b"; "p"), test("a b"; "x"), test("a # x\n\\n b"; "x")]`,
    '[false,false,true,false,true]',
  ],
  [
    String.raw`"foo-bar_1.:]^" | [match("[\\w-]+|[\\]:^]"; "g").string], [scan("(?:[[:alpha:]])(?#two)([^\\d])")]`,
    '["foo-bar_1",":","]","^"]\n[["o"],["-"],["a"],["_"]]',
  ],
  [
    String.raw`"2026-11-26T10:00" | capture("(?<y>\\d{4})-(?<m>\\d\\d)"), [scan("(\\d+)(?:-|T)(\\d+)")]`,
    '{"y":"2026","m":"11"}\n[["2026","11"],["26","10"]]',
  ],
  [
    '"x" | test(["X", "i"]), (try test("(") catch .)',
    'true\n"Regex failure: end pattern with unmatched parenthesis"',
  ],
])('regular expressions: %s', (program, answer) => {
  expect(commandHost().command(`jq -nc '${program}'`)).toEqual({
    stdout: `${answer}\n`,
    stderr: '',
    status: 0,
  });
});

test.each([
  ['a+?', 'a lazy quantifier (+?)'],
  ['a*+', 'a possessive quantifier (*+)'],
  ['(?=a)', 'look-ahead ((?=)'],
  ['(?<!a)', 'look-behind ((?<!)'],
  ['(?>a)', 'an atomic group ((?>)'],
  ['(?i)a', 'a group that begins with (?i'],
  [String.raw`(a)\\1`, String.raw`\1`],
  [String.raw`\\p{L}`, String.raw`\p`],
])('the host has no %s in a regular expression, and `?` does not hide it', (pattern, what) => {
  expect(commandHost().command(`jq -n '"a" | test("${pattern}")?'`)).toEqual({
    stdout: '',
    stderr: `jq: error (at <unknown>): ${what} in a regular expression is not simulated on this host\n`,
    status: 5,
  });
});

test('a program that was stopped does not begin again with the next value', () => {
  expect(commandHost().command(`echo 1 2 3 | jq '[repeat(1)]'`).stderr.split('\n')).toHaveLength(2);
});

test.each([
  ['-C .', 2, 'jq: -C is not simulated on this host\n'],
  ['--stream .', 2, 'jq: --stream is not simulated on this host\n'],
  [
    'now',
    3,
    'jq: error: now/0 is not simulated on this host at <top-level>, line 1:\nnow\njq: 1 compile error\n',
  ],
  [
    '@base32',
    3,
    'jq: error: @base32 is not simulated on this host at <top-level>, line 1:\n@base32\njq: 1 compile error\n',
  ],
  [
    "'[INDEX(.a), debug]'",
    3,
    'jq: error: INDEX/1 is not simulated on this host at <top-level>, line 1:\n[INDEX(.a), debug]\njq: 1 compile error\n',
  ],
  [
    "'$__loc__'",
    3,
    'jq: error: $__loc__ is not simulated on this host at <top-level>, line 1:\n$__loc__\njq: 1 compile error\n',
  ],
  [
    'ltrimstr',
    3,
    'jq: error: ltrimstr/0 is not defined at <top-level>, line 1:\nltrimstr\njq: 1 compile error\n',
  ],
])('what jq 1.6 has and the host has not is told by its name: %s', (words, status, stderr) => {
  expect(commandHost().command(`jq -n ${words}`)).toEqual({ stdout: '', stderr, status });
});

test('unknown options and wrong arguments are told', () => {
  const { command } = commandHost();
  expect(command('jq --nope . a').stderr).toContain('jq: Unknown arguments');
  expect(command('jq --arg x')).toMatchObject({ stderr: 'jq: --arg takes 2 parameters\n', status: 2 });
  expect(command('jq -n --argjson x "{" "\\$x"')).toMatchObject({
    stderr: 'jq: Invalid JSON text passed to --argjson\n',
    status: 2,
  });
  expect(command('jq').status).toBe(2);
});
