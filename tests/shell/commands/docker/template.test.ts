/** Templates of --format that are filled from plain values: what the real client says of such is in tests/cli/dockerTemplates.txt. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { listText } from '../../../../src/shell/commands/docker/tables.ts';
import { fill } from '../../../../src/shell/commands/docker/templates.ts';

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

describe('values as Go shows them', () => {
  test.each([
    ['{{printf "%.101f" 1.5}}', `1.5${'0'.repeat(100)}`],
    ['{{printf "%.1f" 1e22}}', '10000000000000000000000.0'],
    ['{{printf "%c%c%c%c" -1 1114112 55296 97}}', '\ufffd\ufffd\ufffda'],
    ['{{printf "%x %X %x" 1.5 -0.1 255}}', '0x1.8p+00 -0X1.999999999999AP-04 ff'],
    ['{{json (index .Labels "nope")}}', '""'],
    ['{{.Labels}} {{json .Labels}}', 'map[a:1 b:2] {"a":"1","b":"2"}'],
    ['{{json .}}', '{"Name":"x","Labels":{"a":"1","b":"2"}}'],
    ['{{0b101}} {{0O17}} {{-0B1_1}} {{0x1F}}', '5 15 -3 31'],
  ])('%s', (template, shown) => {
    expect(fill(template, { Name: 'x', Labels: { b: '2', a: '1' } })).toBe(shown);
  });

  test.each([
    ['{{range 1.5}}{{end}}', "at <1.5>: range can't iterate over 1.5"],
    ['{{truncate "abc" -1}}', 'error calling truncate: runtime error: slice bounds out of range [:-1]'],
    ['{{0b}}', 'illegal number syntax: "0b"'],
    ['{{0b12}}', 'bad number syntax: "0b12"'],
    ['{{template "a\\u200b"}}', 'template "a\\u200b" not defined'],
  ])('%s is refused', (template, wrong) => {
    expect(() => fill(template, {})).toThrow(wrong);
  });
});

describe('before the later code is there', () => {
  const CODE = '../../../../src/shell/commands/docker/template/index.ts';

  afterEach(() => {
    vi.doUnmock(CODE);
    vi.resetModules();
  });

  test('docker is without templates', async () => {
    vi.resetModules();
    vi.doMock(CODE, () => {
      throw new Error('the code of templates is loaded');
    });
    await import('../../../../src/shell/commands/docker/index.ts');
    const templates = await import('../../../../src/shell/commands/docker/templates.ts');
    expect(() => templates.fill('{{.}}', 1)).toThrow('the code of docker --format is not loaded');
  });
});
