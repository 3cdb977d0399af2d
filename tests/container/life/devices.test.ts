/** Devices and the host's disk: what keeps a container that may call mknod(2) or mount(2) from the host's files. */
import { describe, expect, test } from 'vitest';
import '../../../src/shell/commands/utilities.ts';
import { engineHost } from '../../support/engineHost.ts';

const { sh, out } = engineHost();
/** Both outputs of a command in a container. */
const inside = (flags: string, command: string) =>
  out(`docker run --rm ${flags} notes:1 sh -c '${command}' 2>&1 || true`);

describe('mount(8) of the disk', () => {
  test('shows the file system that is mounted already', () => {
    out('mount /dev/vda1 /mnt; echo secret >/root/secret');
    expect(out('cat /mnt/root/secret; grep " /mnt " /proc/mounts')).toBe(
      'secret\n/dev/vda1 /mnt ext4 rw,relatime 0 0\n',
    );
    out('touch /mnt/tmp/from-below; test -e /tmp/from-below; umount /mnt');
  });

  test.each([
    ['/dev/vda /mnt', 'wrong fs type, bad option, bad superblock on /dev/vda, missing codepage'],
    ['-t ext4 /dev/zero /mnt', '/dev/zero is not a block device.'],
    ['-t ext4 /dev/nosuch /mnt', 'special device /dev/nosuch does not exist.'],
  ])('mount %s', (args, why) => {
    const { err, status } = sh(`mount ${args}`);
    expect(err).toContain(`mount: /mnt: ${why}`);
    expect(status).toBe(32);
  });

  test('not in a user namespace', () => {
    expect(sh('unshare -Urm mount /dev/vda1 /mnt').err).toContain('mount: /mnt: permission denied.');
  });
});

describe('a container', () => {
  test('makes a node of the disk, and may not open it', () => {
    expect(inside('', 'mknod /dev/disk b 254 1 && head -c 1 /dev/disk')).toMatch(
      /^head: .*\/dev\/disk.*: Operation not permitted\n$/,
    );
  });

  test('has its own few devices', () => {
    expect(inside('', 'head -c 1 /dev/zero | wc -c; echo >/dev/null; head -c 1 /dev/random | wc -c')).toBe(
      '1\n1\n',
    );
  });

  test('that may mount does not get at the disk', () => {
    expect(inside('--cap-add SYS_ADMIN', 'mknod /dev/disk b 254 1; mount /dev/disk /mnt')).toContain(
      'mount: /mnt: permission denied.',
    );
  });

  test('gets at it when it is privileged, or was given the device', () => {
    out('echo secret >/root/secret');
    expect(
      inside('--privileged', 'mount /dev/vda1 /mnt; cat /mnt/root/secret; echo was here >/mnt/root/mark'),
    ).toBe('secret\n');
    expect(out('cat /root/mark')).toBe('was here\n');
    const given = '--cap-add SYS_ADMIN --device /dev/vda1';
    expect(inside(given, 'mount /dev/vda1 /mnt; cat /mnt/root/secret')).toBe('secret\n');
    expect(inside(`${given}:r`, 'mount /dev/vda1 /mnt')).toContain('permission denied.');
    expect(inside(`${given}:r`, 'mount -o ro /dev/vda1 /mnt; cat /mnt/root/secret')).toBe('secret\n');
  });

  test('keeps its rules when its limits change, and for what is executed in it', () => {
    out('docker run -d --name kept notes:1; docker update -m 32m --memory-swap 32m kept');
    expect(
      out('docker exec kept sh -c "mknod /dev/disk b 254 1; head -c 1 /dev/disk" 2>&1 || true'),
    ).toContain('Operation not permitted');
  });
});

describe('runc', () => {
  test('refuses what config.json does not allow, but not what every container has', () => {
    out(`mkdir -p /b/rootfs; docker create --name from notes:1; docker cp from:/. /b/rootfs; cd /b; runc spec
sed -i 's/"terminal": true/"terminal": false/; s/^\\t\\t\\t"sh"$/"sh", "-c", "head -c 1 \\/dev\\/zero | wc -c; echo >\\/dev\\/full; head -c 1 \\/dev\\/vda1"/' config.json
sed -i 's/"linux": {/"linux": {"devices": [{"path": "\\/dev\\/vda1", "type": "b", "major": 254, "minor": 1}],/' config.json`);
    const { out: said, err } = sh('cd /b; runc run one');
    expect(said).toBe('1\n');
    expect(err).toMatch(/head: .*\/dev\/vda1.*: Operation not permitted/);
  });
});
