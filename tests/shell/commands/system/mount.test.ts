/** What mount(8) says of what cannot be mounted, and how it lists a bound namespace. */
import { expect, test } from 'vitest';
import '../../../../src/shell/commands/utilities.ts';
import { engineHost } from '../../../support/engineHost.ts';

const { sh, out } = engineHost();

test.each([
  ['/nosuch /mnt', 'mount: /mnt: special device /nosuch does not exist.'],
  ['/etc/passwd /mnt', 'mount: /mnt: /etc/passwd is not a block device.'],
  ['-t nosuch none /mnt', "mount: /mnt: unknown filesystem type 'nosuch'."],
  ['-t tmpfs none /nosuch', 'mount: /nosuch: mount point does not exist.'],
  ['-t tmpfs none /etc/passwd', 'mount: /etc/passwd: mount point is not a directory.'],
])('mount %s', (args, said) => {
  const { err, status } = sh(`mount ${args}`);
  expect(err.split('\n')[0]).toBe(said);
  expect(status).toBe(32);
});

test('a namespace that is bound to a file is an nsfs', () => {
  expect(out('touch /tmp/ns; unshare --uts=/tmp/ns true; mount | grep /tmp/ns; umount /tmp/ns')).toBe(
    'nsfs on /tmp/ns type nsfs (rw,relatime)\n',
  );
});
