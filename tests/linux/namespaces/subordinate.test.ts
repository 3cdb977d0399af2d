/** newuidmap, newgidmap and what unshare makes of /etc/subuid: user_namespaces(7), subuid(5). The real ones are not on every machine. */
import { expect, test } from 'vitest';
import { executableImage } from '../../../src/linux/index.ts';
import { commandHost } from '../../support/commandHost.ts';

const files = {
  '/etc/subuid': 'student:100000:65536\n1000:300000:10\n',
  '/etc/subgid': 'student:100000:65536\n',
  // As in a distribution: the two programs have root's rights.
  '/usr/bin/newuidmap': { content: executableImage('newuidmap'), mode: 0o4755 },
  '/usr/bin/newgidmap': { content: executableImage('newgidmap'), mode: 0o4755 },
};

/** As student; what was said, and the status. */
function asStudent(line: string): string {
  const { stdout, stderr, status } = commandHost(files).command(line, { user: 'student' });
  return `${stdout}${stderr}${status}`;
}

test('automatic maps give a user all its subordinate ids, with itself as root', () => {
  expect(asStudent("unshare --map-auto --map-root-user bash -c 'cat /proc/self/uid_map; id -u'")).toBe(
    '         0       1000          1\n         1     100000      65535\n0\n0',
  );
  expect(asStudent("unshare --map-auto bash -c 'cat /proc/self/uid_map /proc/self/gid_map'")).toBe(
    `${'         0     100000      65536\n'.repeat(2)}0`,
  );
});

test('in such a namespace other users can be become, and their files are theirs', () => {
  expect(
    asStudent(
      "cd /work; unshare --map-auto -r bash -c 'touch f; chown 5:6 f; setpriv --reuid 5 --regid 6 --clear-groups stat -c \"%u %g\" f'; stat -c '%u %g' f",
    ),
  ).toBe('5 6\n100004 100005\n0');
});

test('ids of others are refused', () => {
  expect(asStudent('unshare --map-users=0,5,1 true')).toBe(
    'newuidmap: uid range [5-6) -> [0-1) not allowed\n1',
  );
  expect(asStudent('unshare --map-users=300000,0,10 cat /proc/self/uid_map')).toBe(
    '         0     300000         10\n0',
  );
  expect(asStudent('newuidmap 1 0 100000 1')).toBe(
    'newuidmap: Target process 1 is owned by a different user\n1',
  );
  expect(asStudent('newuidmap 1 0 100000')).toMatch(/^newuidmap: bad usage/);
});
