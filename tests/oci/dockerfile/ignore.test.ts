/** .dockerignore leaves out what moby's patternmatcher leaves out. */
import { expect, test } from 'vitest';
import {
  cleanPath,
  DockerfileError,
  PathMatcher,
  readIgnoreFile,
} from '../../../src/oci/dockerfile/index.ts';
import { ignored } from '../../support/dockerignoreCases.ts';

function verdict(patterns: readonly string[], path: string): string {
  try {
    const clean = cleanPath(path);
    return clean !== '.' && new PathMatcher(patterns).matches(clean) ? '⊃' : '∌';
  } catch (error) {
    if (!(error instanceof DockerfileError)) throw error;
    return '✗';
  }
}

test.each(ignored)('%s', (row) => {
  const [, patterns = '', sign = '', path = ''] = /^(.*) ([⊃∌✗]) (.*)$/.exec(row) ?? [];
  expect(verdict(patterns.split(' '), path)).toBe(sign);
});

test('a file of patterns: comments, blanks, leading slashes, exceptions, a byte order mark', () => {
  const text = '\uFEFF# comment\n\n  /a/b/  \r\n!  ./c/../d\n # kept\n!\n/\n**/x';
  expect(readIgnoreFile(text)).toEqual(['a/b', '!d', '# kept', '!', '/', '**/x']);
});
