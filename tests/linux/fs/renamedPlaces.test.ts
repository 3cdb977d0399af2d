/** What stands in a directory of an overlay, and what is mounted there, goes with it when it gets another name. */
import { expect, test } from 'vitest';
import { commandHost } from '../../support/commandHost.ts';

const OVERLAY =
  'mkdir -p /l/etc /u /w /m; mount -t overlay o -o lowerdir=/l,upperdir=/u,workdir=/w /m; cd /m';

test.each([
  [
    'who stands in it sees its new path',
    'mkdir -p a/s; cd a/s; mv /m/a /m/b; readlink /proc/self/cwd',
    '/m/b/s\n',
  ],
  [
    'what is mounted in it is found by its new path',
    'mkdir -p c/t; mount -t tmpfs t c/t; touch c/t/x; mv c d; ls d/t; umount d/t',
    'x\n',
  ],
  ['one of the lower layer alone cannot be renamed', 'mv etc other', ''],
])('%s', (what, script, expected) => {
  const { stdout, stderr } = commandHost().command(`${OVERLAY}; ${script}`);
  expect({ what, stdout, stderr }).toEqual({ what, stdout: expected, stderr: '' });
});
