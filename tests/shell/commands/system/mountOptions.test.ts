/** What mount and umount -v, -R and -f say, df and findmnt of a relative path: as util-linux 2.38 and coreutils 9.1 do in a mount namespace. */
import { expect, test } from 'vitest';
import { commandHost } from '../../../support/commandHost.ts';

const run = (line: string) => commandHost({ '/work/a': { type: 'dir' } }).command(line);

test('mount -v and umount -v, -R, -f', () => {
  const line =
    'mount -v -t tmpfs tmpfs a; mkdir a/b; mount -t tmpfs t a/b; mount -v --bind a/b a/b; umount -v a; umount -R -v a; echo $?; umount -R a; echo $?; umount -f a; mount -t tmpfs t a; mount -v -o remount,ro a; mount -v --make-private a; umount -f -v /work/a';
  expect(run(line)).toEqual({
    stdout: [
      'mount: tmpfs mounted on /work/a.',
      'mount: /work/a/b bound on /work/a/b.',
      'umount: /work/a/b unmounted',
      'umount: /work/a/b unmounted',
      'umount: /work/a unmounted',
      '0',
      '1',
      'mount: t mounted on /work/a.',
      'mount: /work/a propagation flags changed.',
      'umount: /work/a (t) unmounted\n',
    ].join('\n'),
    stderr: 'umount: /work/a: target is busy.\numount: a: not mounted\numount: a: not mounted.\n',
    status: 0,
  });
});

test('df and findmnt find the mount that holds a relative path', () => {
  const line =
    'mount -t tmpfs t a; mkdir a/c; cd a/c; df . | tail -1 | tr -s " " | cut -d" " -f1,6; df -i .. | head -1 | tr -s " "; findmnt -no TARGET ..; findmnt -no TARGET -M /work/./a; findmnt .; echo $?';
  expect(run(line).stdout).toBe(
    't /work/a\nFilesystem Inodes IUsed IFree IUse% Mounted on\n/work/a\n/work/a\n1\n',
  );
});

test('the root of a mounted namespace is its name', () => {
  const line =
    'touch ns; unshare --uts=/work/ns true; findmnt -no SOURCE,FSROOT,FSTYPE /work/ns; findmnt -no SOURCE -v /work/ns';
  expect(run(line).stdout).toMatch(/^nsfs\[(uts:\[\d+\])\] \1 nsfs\nnsfs\n$/);
});

test('columns of df are as wide as coreutils makes them, however little is in them', () => {
  const line = 'mount -t tmpfs -o size=1m t a; df a; df -h a; df -T a';
  expect(run(line).stdout).toBe(
    [
      'Filesystem     1K-blocks  Used Available Use% Mounted on',
      't                   1024     0      1024   0% /work/a',
      'Filesystem      Size  Used Avail Use% Mounted on',
      't               1.0M     0  1.0M   0% /work/a',
      'Filesystem     Type  1K-blocks  Used Available Use% Mounted on',
      't              tmpfs      1024     0      1024   0% /work/a',
      '',
    ].join('\n'),
  );
});
