/** Variables, quotes and escapes are replaced as BuildKit's lexer does it. */
import { expect, test } from 'vitest';
import { DockerfileError, expandWord, expandWords } from '../../../src/oci/dockerfile/index.ts';
import { variables, words } from '../../support/dockerfileWords.ts';

const lookup = (name: string) => variables[name];

test.each(words.filter((row) => row.includes(' → ')))('%s', (row) => {
  const [word = '', text = '', list] = row.split(' → ');
  expect(expandWord(word, lookup)).toBe(text);
  if (list === undefined) return;
  expect(expandWords(word, lookup)).toEqual(list === '' ? [] : list.split(' · '));
});

test.each(words.filter((row) => row.includes(' ✗ ')))('%s', (row) => {
  const [word = '', message = ''] = row.split(' ✗ ');
  let error: unknown;
  try {
    expandWord(word, lookup);
  } catch (caught) {
    error = caught;
  }
  expect(error).toBeInstanceOf(DockerfileError);
  expect((error as DockerfileError).message).toContain(message);
});

test('a backtick escapes when the directive says so, a backslash then does not', () => {
  expect(expandWord('C:\\dir`$X\\$X', lookup, { escape: '`' })).toBe('C:\\dir$X\\abcabc');
});

test('in a here-document quotes are characters, and variables are replaced', () => {
  expect(expandWord('echo "$X" \'$X\'', lookup, { plainQuotes: true })).toBe('echo "abcabc" \'abcabc\'');
});

test('what is shown of a step keeps its quotes and what is not set', () => {
  const shown = { rawQuotes: true, keepUnset: true };
  expect(expandWord('RUN echo "$X" $NONE ${NONE:-x}', lookup, shown)).toBe(
    'RUN echo "abcabc" $NONE ${NONE:-x}',
  );
});
