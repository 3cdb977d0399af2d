/** No bytes make the reader of Dockerfiles fail in another way than with its own error. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  DockerfileError,
  expandWord,
  PathMatcher,
  parseDockerfile,
  readIgnoreFile,
} from '../../../src/oci/dockerfile/index.ts';
import { grammar } from '../../support/dockerfileGrammar.ts';

const options = { seed: 5, numRuns: 1500 };

function attempt(body: () => unknown): unknown {
  try {
    return body();
  } catch (error) {
    expect(error).toBeInstanceOf(DockerfileError);
    return null;
  }
}

test('bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      attempt(() => parseDockerfile(bytes));
      attempt(() => new PathMatcher(readIgnoreFile(String.fromCharCode(...bytes))).matches('a/b'));
    }),
    options,
  );
});

test('Dockerfiles with something changed: an instruction read lies within the file, the lines go up', () => {
  const pieces = [
    '\\',
    '\n',
    '"',
    "'",
    '<<E',
    '[',
    ']',
    '#',
    '`',
    '--x=',
    '=',
    '$',
    '${',
    '\0',
    '\r\n',
    '\u00a0',
  ];
  const mutation = fc.tuple(fc.nat(400), fc.nat(3), fc.constantFrom(...pieces));
  fc.assert(
    fc.property(fc.constantFrom(...grammar), fc.array(mutation, { maxLength: 4 }), ([text], mutations) => {
      let mutated = text;
      for (const [at, gone, piece] of mutations) {
        const from = at % (mutated.length + 1);
        mutated = mutated.slice(0, from) + piece + mutated.slice(from + gone);
      }
      const read = attempt(() => parseDockerfile(mutated)) as ReturnType<typeof parseDockerfile> | null;
      if (read === null) return;
      const lines = mutated.split('\n').length;
      let last = 0;
      for (const stage of read.stages)
        for (const { line, endLine } of [stage, ...stage.instructions]) {
          expect(line).toBeGreaterThan(last);
          expect(endLine).toBeGreaterThanOrEqual(line);
          expect(endLine).toBeLessThanOrEqual(lines);
          last = endLine;
        }
    }),
    options,
  );
});

test('words and patterns', () => {
  const piece = fc.constantFrom(
    '$',
    '{',
    '}',
    ':',
    '-',
    '+',
    '?',
    '#',
    '%',
    '/',
    '*',
    '\\',
    '"',
    "'",
    'x',
    '[',
    ']',
    '!',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (parts) => {
      const word = parts.join('');
      attempt(() => expandWord(word, (name) => (name === 'x' ? 'value/x' : undefined)));
      attempt(() => new PathMatcher([word]).matches('x/value'));
    }),
    options,
  );
});
