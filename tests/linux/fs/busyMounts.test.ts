/** umount(2) of what somebody stands in: EBUSY as long as that process lives, and in its own mount namespace alone. */
import { expect, test } from 'vitest';
import { commandHost } from '../../support/commandHost.ts';

const BUSY = 'umount: /mnt: target is busy.\n';

test.each([
  ['a process whose directory it is', 'mount -t tmpfs t /mnt', '(cd /mnt; exec sleep 100) &', BUSY],
  ['a process whose root it is', 'mount --bind / /mnt', 'chroot /mnt sleep 100 &', BUSY],
  ['an open file', 'mount -t tmpfs t /mnt', 'sleep 100 >/mnt/file &', BUSY],
  [
    'a process that has mounts of its own',
    'mount -t tmpfs t /mnt',
    '(cd /mnt; exec unshare -m sleep 100) &',
    '',
  ],
  [
    'a process that has left',
    'mount -t tmpfs t /mnt',
    'bash -c "cd /mnt; cd /; read <&8" 8<>/tmp/pipe &',
    '',
  ],
])('%s', (what, mount, begin, expected) => {
  const script = `mkdir -p /mnt; mkfifo /tmp/pipe; ${mount}; ${begin} sleep 0.1; umount /mnt; grep -c ' /mnt ' /proc/mounts
    kill -KILL $!; wait $! 2>/dev/null; umount /mnt; grep -c ' /mnt ' /proc/mounts`;
  const { stdout, stderr } = commandHost().command(script);
  const busy = expected !== '';
  const gone = 'umount: /mnt: not mounted.\n';
  expect({ what, stdout, stderr }).toEqual({
    what,
    stdout: `${busy ? 1 : 0}\n0\n`,
    stderr: busy ? expected : gone,
  });
});
