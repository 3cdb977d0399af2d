/** htpasswd at a terminal, and what is refused by name; the rest is in tests/shell/utilities/htpasswd.txt. */
import { expect, test } from 'vitest';
import { engineHost } from '../../../support/engineHost.ts';
import '../../../../src/shell/commands/utilities.ts';

const { sh, out, terminal } = engineHost();

test('a password that is typed is not seen, and typed twice', () => {
  const one = terminal();
  one.type('htpasswd -sc /tmp/f ann\r');
  one.type('secret\r');
  one.type('secret\r');
  expect(one.screen()).toMatch(
    /New password: \r\nRe-type new password: \r\nAdding password for user ann\r\n/,
  );
  expect(one.screen()).not.toContain('secret');
  expect(out('htpasswd -vb /tmp/f ann secret 2>&1')).toBe('Password for user ann correct.\n');
  one.type('htpasswd -s /tmp/f ann\r');
  one.type('one\r');
  one.type('other\r');
  expect(one.screen()).toContain('htpasswd: password verification error');
});

test('other hashes are refused by name, wrong usage is told', () => {
  expect(sh('htpasswd -Bbc /tmp/g ann pw')).toMatchObject({
    err: 'htpasswd: -B (bcrypt) is not simulated on this host, only -s and -p\n',
    status: 2,
  });
  expect(sh('htpasswd -nb ann pw').err).toBe(
    'htpasswd: MD5, the default, is not simulated on this host, only -s and -p\n',
  );
  expect(sh('htpasswd -s /tmp/g').err).toMatch(/^Usage:\n\thtpasswd \[-cimB25dpsDv\] /);
});

test('a file keeps its users until there is an entry to write', () => {
  out('htpasswd -sbc /tmp/k old pw 2>&1');
  const before = out('cat /tmp/k');
  expect(sh('htpasswd -cb /tmp/k ann x').status).toBe(2);
  expect(out('cat /tmp/k')).toBe(before);
});
