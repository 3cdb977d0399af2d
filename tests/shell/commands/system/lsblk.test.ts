/** The host's disk in /sys and /proc, and lsblk on the host and in a container; the layout itself is recorded in tests/shell/utilities/lsblk.txt. */
import { expect, test } from 'vitest';
import { dockerWorld } from '../../../support/dockerWorld.ts';

const { sh } = dockerWorld('disks');

test('a host has a disk with one partition, its root file system', () => {
  expect(sh('box', 'lsblk; lsblk -bno SIZE /dev/vda1; lsblk -no NAME /dev/vda1 /dev/null; echo $?')).toBe(
    [
      'NAME   MAJ:MIN RM SIZE RO TYPE MOUNTPOINTS',
      'vda    254:0    0   8G  0 disk ',
      '└─vda1 254:1    0   8G  0 part /',
      '8589934592',
      'lsblk: /dev/null: not a block device',
      'vda1',
      '64',
      '',
    ].join('\n'),
  );
  expect(
    sh(
      'box',
      'ls /sys /sys/block /sys/block/vda /sys/class/block/vda1 /sys/dev/block; readlink /sys/block/vda',
    ),
  ).toBe(
    `/sys:\nblock\nclass\ndev\ndevices\nfs\n
/sys/block:\nvda\n
/sys/block/vda:\ndev\nhidden\nholders\nqueue\nremovable\nro\nsize\nslaves\nsubsystem\nuevent\nvda1\n
/sys/class/block/vda1:\ndev\nholders\npartition\nro\nsize\nstart\nsubsystem\nuevent\n
/sys/dev/block:\n254:0\n254:1
../devices/pci0000:00/0000:00:01.0/virtio0/block/vda\n`,
  );
  expect(
    sh(
      'box',
      'cd /sys/class/block/vda1; grep . size start uevent; ls subsystem/ /sys/class/net; cat /proc/partitions',
    ),
  ).toBe(
    `size:16777216\nstart:2048\nuevent:MAJOR=254\nuevent:MINOR=1\nuevent:DEVNAME=vda1\nuevent:DEVTYPE=partition\nuevent:PARTN=1
/sys/class/net:\ndocker0\neth0\nlo\n\nsubsystem/:\nvda\nvda1
major minor  #blocks  name\n\n 254        0    8390656 vda\n 254        1    8388608 vda1\n`,
  );
});

test('what is on it, for who may read it', () => {
  const [uuid] = /[0-9a-f-]{36}/.exec(sh('box', 'lsblk -no UUID'))!;
  expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(sh('far', 'lsblk -no UUID /dev/vda1')).not.toBe(`${uuid}\n`);
  expect(sh('box', 'lsblk -f | sed "s/ *[0-9.]*G .*%/ SPACE/"')).toBe(
    `NAME   FSTYPE FSVER LABEL UUID                                 FSAVAIL FSUSE% MOUNTPOINTS
vda    ${' '.repeat(71)}
└─vda1 ext4   1.0         ${uuid} SPACE /\n`,
  );
  const [size, used, free] = sh('box', 'lsblk -bnro FSSIZE,FSUSED,FSAVAIL /dev/vda1')
    .trim()
    .split(' ')
    .map(Number);
  expect(size).toBe(used! + free!);
  expect(sh('box', 'df -B1 / | tail -1 | tr -s " " | cut -d" " -f2,4 || true')).not.toBe('');
  expect(sh('box', 'lsblk -nlo NAME,FSTYPE,UUID', 'student')).toMatch(/^vda +\nvda1 +\n$/);
  expect(sh('box', 'lsblk -m', 'student')).toBe(
    'NAME   SIZE OWNER GROUP MODE\nvda      8G root  disk  brw-rw----\n└─vda1   8G root  disk  brw-rw----\n',
  );
});

test('a container sees the host’s disk, and what of it is mounted there', () => {
  expect(
    sh('box', 'docker run --rm -v /srv:/data base:1 sh -c "lsblk; lsblk -nlo FSTYPE; lsblk /dev/vda1"'),
  ).toBe(
    `NAME   MAJ:MIN RM SIZE RO TYPE MOUNTPOINTS
vda    254:0    0   8G  0 disk 
└─vda1 254:1    0   8G  0 part /etc/hosts
                               /etc/hostname
                               /etc/resolv.conf
                               /data\n\n
lsblk: /dev/vda1: not a block device\n[32]\n`,
  );
});

test('what is not simulated is refused by name', () => {
  expect(sh('box', 'lsblk -o NAME,MODEL; lsblk -o +nosuch; lsblk -t')).toBe(
    "lsblk: the column MODEL is not simulated\nlsblk: unknown column: nosuch\nlsblk: the option -t (--topology) is not simulated\nTry 'lsblk --help' for more information.\n[1]\n",
  );
  expect(
    sh(
      'box',
      'for o in -S -s -O "-e 1" -I1 "-x SIZE" -M -w9 -T "-E NAME"; do lsblk $o 2>&1 | head -1; done; lsblk -V; lsblk -h | head -1',
    ),
  ).toBe(
    `${['S (--scsi)', 's (--inverse)', 'O (--output-all)', 'e (--exclude)', 'I (--include)', 'x (--sort)', 'M (--merge)', 'w (--width)', 'T (--tree)', 'E (--dedup)'].map((name) => `lsblk: the option -${name} is not simulated\n`).join('')}lsblk from util-linux 2.38.1\nUsage: lsblk [options] [<device> ...]\n`,
  );
});
