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
])('%s', (program, why) => {
  expect(commandHost().command(`jq -n '${program}'`)).toEqual({
    stdout: '',
    stderr: `jq: error (at <unknown>): ${why}\n`,
    status: 5,
  });
});

test('unknown options and wrong arguments are told', () => {
  const { command } = commandHost();
  expect(command('jq --stream . a').stderr).toContain('jq: Unknown arguments');
  expect(command('jq --arg x')).toMatchObject({ stderr: 'jq: --arg takes 2 parameters\n', status: 2 });
  expect(command('jq -n --argjson x "{" "\\$x"')).toMatchObject({
    stderr: 'jq: Invalid JSON text passed to --argjson\n',
    status: 2,
  });
  expect(command('jq').status).toBe(2);
});
