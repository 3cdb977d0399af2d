/** Dockerfiles are read as BuildKit's parser reads them: instructions, lines, flags, words, here-documents, errors. */
import { expect, test } from 'vitest';
import { DockerfileError, type InstructionLine, parseRaw } from '../../../src/oci/dockerfile/index.ts';
import { grammar } from '../../support/dockerfileGrammar.ts';

function shown({ keyword, flags, json, args, inner }: InstructionLine): string {
  const words = args.map((word) => JSON.stringify(word));
  const parts = [
    keyword.toLowerCase(),
    ...(flags.length > 0 ? [JSON.stringify(flags)] : []),
    ...(json ? ['json'] : []),
    ...(inner === undefined ? words : [`(${shown(inner)})`]),
  ];
  return parts.join(' ');
}

function read(text: string): string[] {
  try {
    return parseRaw(text).instructions.flatMap((found) => {
      const { line, endLine, heredocs } = found;
      const documents = heredocs.map(({ name, chomp, descriptor, expand, content }) => {
        const marks = `${descriptor > 0 ? ` ${descriptor}` : ''}${expand ? '' : ' literal'}`;
        return `  <<${chomp ? '-' : ''}${JSON.stringify(name)}${marks} ${JSON.stringify(content)}`;
      });
      return [`${line}${endLine > line ? `-${endLine}` : ''} ${shown(found)}`, ...documents];
    });
  } catch (error) {
    if (!(error instanceof DockerfileError)) throw error;
    return [`! ${error.message}`];
  }
}

test.each(grammar)('%j', (text, wanted) => {
  expect(read(text)).toEqual(wanted);
});

test('a byte order mark does not count', () => {
  expect(read('\uFEFFFROM a')).toEqual(['1 from "a"']);
  expect(parseRaw(Uint8Array.of(0xef, 0xbb, 0xbf, 70, 82, 79, 77, 32, 97)).instructions[0]?.keyword).toBe(
    'FROM',
  );
});

test('a line that is too long and an empty line in a continuation are told', () => {
  expect(read(`FROM a\nRUN ${'x'.repeat(70_000)}`)).toEqual([
    '! dockerfile line greater than max allowed size of 65535',
  ]);
  expect(parseRaw('FROM a\nRUN one \\\n\n  two').warnings).toEqual([
    { message: 'Empty continuation line found in: RUN one   two', line: 4 },
  ]);
});
