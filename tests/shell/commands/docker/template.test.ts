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

describe('what has no end in sight is a mistake of the template', () => {
  const doubling = Array.from({ length: 20 }, (_, i) => {
    const next = `{{template "${i + 1}"}}`;
    return `{{define "${i}"}}${next}${next}{{end}}`;
  }).join('');
  // Not by their names: some are long.
  test.each([
    ['{{range 16000000}}{{end}}', 'at <16000000>: so many steps are not simulated'],
    ['{{range 10000}}{{range 10000}}{{end}}{{end}}', 'at <10000>: so many steps are not simulated'],
    [
      `${doubling}{{define "20"}}{{end}}{{template "0"}}`,
      /executing "\d+" at <\{\{template "\d+"\}\}>: so many steps/,
    ],
    [
      '{{$x := "aaaa"}}{{range 40}}{{$x = print $x $x}}{{end}}',
      'at <$x = print $x $x>: so many steps are not simulated',
    ],
    ['{{range 500000}}{{printf "%99999d" 1}}{{end}}', 'so much text is not simulated'],
    ['{{range 500000}}{{$x := pad "x" 999999 0}}{{end}}', 'so many steps are not simulated'],
    [`{{printf "${'%999999d'.repeat(600)}"${' 1'.repeat(600)}}}`, 'so much text is not simulated'],
    ['{{$x := pad "x" 999999 0}}{{len (join (split $x "") $x)}}', 'so much text is not simulated'],
    [`{{$x := pad "x" 999999 0}}{{print${' $x'.repeat(600)}}}`, 'so many steps are not simulated'],
    [
      `${Array.from({ length: 5000 }, (_, i) => `{{$a${i} := 1}}`).join('')}{{range 999999}}{{end}}`,
      'so many steps are not simulated',
    ],
    ['{{range 500000}}{{print .}}{{.}}{{end}}', 'so m'],
    ['{{range 500000}}{{$.List}}{{end}}', 'so much text is not simulated'],
  ])('%#', (template, wrong) => {
    expect(() => fill(template, { List: Array.from({ length: 2000 }, () => 'abcdef') })).toThrow(wrong);
  });

  test('long ones are filled', () => {
    expect(fill('{{range 100000}}x{{end}}', {})).toBe('x'.repeat(100_000));
  });
});
