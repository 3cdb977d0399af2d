/** Templates of --format that are filled from plain values: what the real client says of such is in tests/cli/dockerTemplates.txt. */
import { describe, expect, test } from 'vitest';
import { listText } from '../../../../src/shell/commands/docker/tables.ts';
import { fill } from '../../../../src/shell/commands/docker/template/index.ts';

describe('what objects of JavaScript inherit', () => {
  test.each([
    ['{{.constructor}}', '<.constructor>: map has no entry for key "constructor"'],
    ['{{.valueOf}}', '<.valueOf>: map has no entry for key "valueOf"'],
    ['{{.hasOwnProperty "a"}}', '<.hasOwnProperty>: hasOwnProperty is not a method but has arguments'],
    ['{{.List.length}}', "<.List.length>: can't evaluate field length in type interface {}"],
  ])('%s is no field', (template, wrong) => {
    expect(() => fill(template, { List: [1] })).toThrow(wrong);
  });

  test('{{.Labels.constructor}} is a key that is not there', () => {
    expect(fill('{{.Labels.constructor}}', { Labels: { a: 'b' } })).toBe('<no value>');
  });

  test('a head has a name for every field', () => {
    const columns = [{ head: 'NAME', field: 'Name' }];
    const options = { format: 'table {{.Name}}\t{{.toString}}', quiet: null, type: 'x' };
    expect(listText([{ Name: 'a', toString: 'b' }] as never, columns, options)).toBe(
      'NAME      TOSTRING\na         b\n',
    );
  });
});
