/** Numbers of devices that there can be, as mknod(1) of coreutils 9.1 on Linux has them. */
import { expect, test } from 'vitest';
import { isOsError } from '../../../src/base/index.ts';
import { type Program, S_IFBLK, S_IFCHR, sys } from '../../../src/linux/index.ts';
import { testHost } from '../../support/linuxHost.ts';

const REFUSED = 'EINVAL';

test.each([
  [S_IFCHR, 1, 1_048_575, { major: 1, minor: 1_048_575 }],
  [S_IFBLK, 4095, 1_048_575, { major: 4095, minor: 1_048_575 }],
  [S_IFBLK, 4095, 0, { major: 4095, minor: 0 }],
  [S_IFCHR, 1, 1_048_576, REFUSED],
  [S_IFCHR, 4096, 1, REFUSED],
  // The next number would be that of the host's disk.
  [S_IFBLK, 253, 1_048_576, REFUSED],
  [S_IFBLK, 4_294_967_295, 4_294_967_295, REFUSED],
])('%i: %i, %i', (type, major, minor, expected) => {
  let found: unknown = null;
  const main: Program = function* () {
    try {
      yield* sys.mknod('/tmp/device', type | 0o600, { major, minor });
      found = (yield* sys.stat('/tmp/device')).rdev;
    } catch (error) {
      if (!isOsError(error)) throw error;
      found = error.code;
    }
    return 0;
  };
  testHost({ main }).run(['/usr/bin/main']);
  expect(found).toEqual(expected);
});
