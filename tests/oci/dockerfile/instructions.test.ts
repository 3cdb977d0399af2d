/** What instructions mean, and what is refused, in BuildKit's words. */
import { expect, test } from 'vitest';
import {
  checksOf,
  DockerfileError,
  parseDockerfile,
  parseMount,
  parseTrigger,
} from '../../../src/oci/dockerfile/index.ts';

const instruction = (text: string) => parseDockerfile(`FROM a\n${text}`).stages[0]!.instructions[0]!;

function complaint(text: string): string {
  try {
    parseDockerfile(text);
    return '';
  } catch (error) {
    if (!(error instanceof DockerfileError)) throw error;
    return `${error.line}: ${error.message}`;
  }
}

const refused: readonly (readonly [string, string])[] = [
  ['RUNN x', 'unknown instruction: RUNN (did you mean RUN?)'],
  ['copi a b', 'unknown instruction: copi (did you mean copy?)'],
  ['FROBNICATE', 'unknown instruction: FROBNICATE'],
  ['constructor x', 'unknown instruction: constructor'],
  ['WORKDIR', 'WORKDIR requires exactly one argument'],
  ['USER', 'USER requires exactly one argument'],
  ['STOPSIGNAL', 'STOPSIGNAL requires exactly one argument'],
  ['MAINTAINER', 'MAINTAINER requires exactly one argument'],
  ['MAINTAINER --boo x', 'unknown flag: --boo'],
  ['ENV', 'ENV requires at least one argument'],
  ['LABEL', 'LABEL requires at least one argument'],
  ['ONBUILD', 'ONBUILD requires at least one argument'],
  ['HEALTHCHECK', 'HEALTHCHECK requires at least one argument'],
  ['EXPOSE', 'EXPOSE requires at least one argument'],
  ['VOLUME', 'VOLUME requires at least one argument'],
  ['VOLUME [""]', 'VOLUME specified can not be an empty string'],
  ['ARG', 'ARG requires at least one argument'],
  ['ARG =x', 'ARG names can not be blank'],
  ['ENV =x', 'ENV names can not be blank'],
  ['SHELL []', 'SHELL requires at least one argument'],
  ['SHELL bash -c', 'SHELL requires the arguments to be in JSON form'],
  [
    'COPY a',
    'COPY requires at least two arguments, but only one was provided. Destination could not be determined',
  ],
  [
    'ADD',
    'ADD requires at least two arguments, but only one was provided. Destination could not be determined',
  ],
  ['COPY --form=x a b', 'unknown flag: --form (did you mean from?)'],
  ['COPY --from a b', 'missing a value on flag: --from'],
  ['COPY --from=a --from=b c d', 'duplicate flag specified: --from'],
  ['COPY --link=maybe a b', 'expecting boolean value for flag --link, not: maybe'],
  ['COPY --link= a b', 'missing a value on flag: --link'],
  ['COPY a <<E\nE', 'COPY cannot accept a heredoc as a destination'],
  ['FROM', 'FROM requires either one or three arguments'],
  ['FROM a b', 'FROM requires either one or three arguments'],
  ['FROM a as 1b', 'invalid name for build stage: "1b", name can\'t start with a number or contain symbols'],
  ['ONBUILD ONBUILD RUN x', "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed"],
  ['ONBUILD from x', "FROM isn't allowed as an ONBUILD trigger"],
  ['HEALTHCHECK NONE x', 'HEALTHCHECK NONE takes no arguments'],
  ['HEALTHCHECK CMD', 'Missing command after HEALTHCHECK CMD'],
  ['HEALTHCHECK curl x', 'Unknown type "CURL" in HEALTHCHECK (try CMD)'],
  ['HEALTHCHECK --interval=50ns CMD x', 'Interval "interval" cannot be less than 1ms'],
  ['HEALTHCHECK --timeout=5 CMD x', 'time: missing unit in duration "5"'],
  ['HEALTHCHECK --timeout=5x CMD x', 'time: unknown unit "x" in duration "5x"'],
  ['HEALTHCHECK --retries=-1 CMD x', '--retries cannot be negative (-1)'],
  ['RUN --network=mars x', 'invalid network mode: "mars"'],
  ['RUN --mount=from=$x y', "'from' doesn't support variable expansion, define alias stage instead"],
];

test.each(refused)('%s', (text, message) => {
  expect(complaint(`FROM a\n${text}`)).toBe(`2: dockerfile parse error on line 2: ${message}`);
});

test('an instruction before the first FROM is refused, ARG is not', () => {
  expect(complaint('ARG a=1\nRUN x')).toBe('2: no build stage in current context');
  expect(parseDockerfile('ARG a=1 b\nFROM x').globals[0]?.args).toEqual([
    { name: 'a', value: '1' },
    { name: 'b', value: null },
  ]);
});

test('stages have names in small letters, a base and a platform', () => {
  const { stages } = parseDockerfile('FROM --platform=linux/amd64 a:$V AS Build\nRUN x\nFROM build\n');
  expect(stages.map(({ base, name, platform }) => [base, name, platform])).toEqual([
    ['a:$V', 'build', 'linux/amd64'],
    ['build', null, ''],
  ]);
  expect(stages[0]!.instructions).toMatchObject([{ kind: 'run', text: 'RUN x', line: 2 }]);
});

const meant: readonly (readonly [string, object])[] = [
  ['RUN a  b', { kind: 'run', argv: ['a  b'], shell: true }],
  ['RUN ["a", "b"]', { argv: ['a', 'b'], shell: false }],
  ['RUN --network=none <<E\nx\nE', { network: 'none', documents: [{ name: 'E', content: 'x\n' }] }],
  [
    'COPY --from=b --chown=1:2 --chmod=755 --link a b/',
    { from: 'b', chown: '1:2', chmod: '755', link: true },
  ],
  ['COPY a b c/', { sources: ['a', 'b'], target: 'c/', unpack: false }],
  ['ADD a.tar /', { kind: 'add', unpack: true }],
  ['ADD --unpack=false a.tar /', { unpack: false }],
  ['COPY x <<E /y/\nz\nE', { sources: ['x'], documents: [{ name: 'E', content: 'z\n', expand: true }] }],
  ['COPY --exclude=*.md --exclude=x a b', { exclude: ['*.md', 'x'] }],
  ['ENV a b c', { pairs: [{ name: 'a', value: 'b c', old: true }] }],
  ['EXPOSE 80 443/tcp', { words: ['443/tcp', '80'] }],
  ['HEALTHCHECK NONE', { health: { Test: ['NONE'] } }],
  [
    'HEALTHCHECK --interval=1m30s --timeout=500ms --start-period=2s --retries=3 CMD a b',
    {
      health: { Test: ['CMD-SHELL', 'a b'], Interval: 90e9, Timeout: 5e8, StartPeriod: 2e9, Retries: 3 },
    },
  ],
  ['HEALTHCHECK CMD ["a", "b"]', { health: { Test: ['CMD', 'a', 'b'] } }],
  ['ONBUILD  RUN <<E\nx\nE', { kind: 'onbuild', expression: 'RUN <<E\nx\nE' }],
  ['ENTRYPOINT []', { argv: [], shell: false }],
];

test.each(meant)('%s', (text, wanted) => {
  expect(instruction(text)).toMatchObject(wanted);
});

test('a trigger is read as if it stood where it is used', () => {
  expect(parseTrigger('RUN a', 7, 8)).toMatchObject({ kind: 'run', argv: ['a'], line: 7, endLine: 8 });
  expect(() => parseTrigger('RUN a\nRUN b', 1, 1)).toThrow('onbuild trigger should be a single expression');
});

test('mounts of a step', () => {
  const same = (word: string) => word.replace('$D', '/d');
  expect(parseMount('type=cache,target=$D,id=x,sharing=locked', same)).toMatchObject({
    ...{ type: 'cache', target: '/d', id: 'x', sharing: 'locked', readOnly: false },
  });
  expect(parseMount('target=/a,src="b,c",rw', same)).toMatchObject({
    ...{ type: 'bind', source: 'b,c', readOnly: false },
  });
  expect(parseMount('type=secret,id=k,mode=0400,uid=5', same)).toMatchObject({ mode: 0o400, uid: 5 });
  for (const [text, message] of [
    ['type=cash', 'unsupported mount type "cash" (did you mean cache?)'],
    ['target', "invalid field 'target' must be a key=value pair"],
    ['type=tmpfs,size=x', 'invalid value for size: x'],
    ['type=secret', 'invalid secret mount. one of source, target required'],
    ['type=bind,mode=1', 'mode not allowed for "bind" type mounts'],
    ['sharing=locked', 'invalid cache sharing set for bind mount'],
    ['tarket=/x', "unexpected key 'tarket' in 'tarket=/x' (did you mean target?)"],
    ['ro=perhaps', 'invalid value for ro: perhaps'],
    ['required', "unexpected key 'required' for mount type 'bind'"],
  ] as const)
    expect(() => parseMount(text, same), text).toThrow(message);
});

const warned: readonly (readonly [string, readonly string[]])[] = [
  [
    'FROM a\nMAINTAINER me',
    ['2 MaintainerDeprecated Maintainer instruction is deprecated in favor of using label'],
  ],
  [
    'FROM a As B',
    [
      "1 StageNameCasing Stage name 'B' should be lowercase",
      "1 FromAsCasing 'As' and 'FROM' keywords' casing do not match",
    ],
  ],
  [
    'FROM a AS scratch',
    ['1 ReservedStageName Stage name should not use the same name as reserved stage "scratch"'],
  ],
  [
    'FROM a AS b\nFROM c AS b',
    ['2 DuplicateStageName Duplicate stage name "b", stage names should be unique'],
  ],
  [
    'FROM a\nrun x\nRUN y',
    ["2 ConsistentInstructionCasing Command 'run' should match the case of the command majority (uppercase)"],
  ],
  [
    'from a\nrun x\nCmd ["y"]',
    ["3 ConsistentInstructionCasing Command 'Cmd' should match the case of the command majority (lowercase)"],
  ],
  [
    'FROM a\nCMD x',
    [
      '2 JSONArgsRecommended JSON arguments recommended for CMD to prevent unintended behavior related to OS signals',
    ],
  ],
  ['FROM a\nSHELL ["/bin/sh", "-c"]\nCMD x', []],
  [
    'FROM a\nENV a b',
    ['2 LegacyKeyValueFormat "ENV key=value" should be used instead of legacy "ENV key value" format'],
  ],
  [
    'FROM a\nCMD ["x"]\nCMD ["y"]',
    [
      '2 MultipleInstructionsDisallowed Multiple CMD instructions should not be used in the same stage because only the last one will be used',
    ],
  ],
  [
    'FROM a\nENV API_KEY=x PUBLIC_KEY=y',
    ['2 SecretsUsedInArgOrEnv Do not use ARG or ENV instructions for sensitive data (ENV "API_KEY")'],
  ],
  ['FROM a\nRUN x \\\n\n  y', ['4 NoEmptyContinuation Empty continuation line']],
];

test.each(warned)('%j is warned of', (text, wanted) => {
  const { warnings } = parseDockerfile(text);
  expect(warnings.map(({ rule, message, line }) => `${line} ${rule} ${message}`)).toEqual(wanted);
});

test('the directive check leaves rules out, or makes them errors', () => {
  expect(parseDockerfile('# check=skip=CmdX;error=true\nFROM a').check).toBe('skip=CmdX;error=true');
  const { skips, strict } = checksOf('skip=StageNameCasing, fromAsCasing;error=true');
  expect([skips('FromAsCasing'), skips('UndefinedVar'), strict]).toEqual([true, false, true]);
  expect(checksOf('skip=all').skips('UndefinedVar')).toBe(true);
});
