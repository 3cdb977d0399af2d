/** What mount(8) says of what cannot be mounted, and how it lists a bound namespace. */
import { describe, expect, test } from 'vitest';
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

describe('umount finds what is mounted by any of its paths, as util-linux 2.38 does', () => {
  const prepared =
    'cd /tmp; mkdir -p um/a um/plain; cd um; mount -t tmpfs t a; mkdir a/b; mount -t tmpfs u a/b; ln -sfn a link; touch file';
  const after = 'cd /tmp; umount -R um/a 2>/dev/null; true';
  test.each([
    ['cd a/b; umount .', 'umount: /tmp/um/a/b: target is busy.', 32],
    ['cd a; umount ./b', '', 0],
    ['umount ./a', 'umount: /tmp/um/a: target is busy.', 32],
    ['umount a/b; umount a/', '', 0],
    ['umount a/b; umount -v ./a', 'umount: /tmp/um/a (t) unmounted', 0],
    ['umount a/b; umount link', '', 0],
    ['umount a/../a/b', '', 0],
    ['umount plain/', 'umount: plain/: not mounted.', 32],
    ['umount ./plain', 'umount: ./plain: not mounted.', 32],
    ['umount ./nothing/', 'umount: ./nothing/: no mount point specified.', 32],
    ['umount file', 'umount: file: not mounted.', 32],
    ['umount ""', 'umount: : no mount point specified.', 32],
    ['umount -R ./plain', 'umount: ./plain: not mounted', 1],
    ['cd a/b; umount -l .; umount .', 'umount: .: not mounted.', 32],
  ])('%s', (line, said, status) => {
    out(after);
    const result = sh(`${prepared}; ${line}`);
    expect((result.out + result.err).trimEnd()).toBe(said);
    expect(result.status).toBe(status);
  });

  test('findmnt has private or shared first, whatever else a mount is', () => {
    out(after);
    const script = `${prepared}; umount a/b; mkdir -p sl; show() { findmnt -n -o PROPAGATION "$1"; }; show a
      mount --make-unbindable a; show a/; mount --make-shared a; mount --bind a sl; mount --make-slave sl; show sl
      mount --make-shared sl; show sl; umount sl`;
    expect(out(script)).toBe('private\nprivate,unbindable\nprivate,slave\nshared,slave\n');
  });
});
