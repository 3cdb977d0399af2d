/** A file system made from data. */
import { expect, test } from 'vitest';
import { type FileTree, type Inode, MemFs, populate } from '../../../src/linux/fs/index.ts';

const clock = { realtime: () => ({ sec: 1000, nsec: 0 }) };

function made(tree: FileTree): Record<string, string> {
  const fs = new MemFs({ type: 'tmpfs', dev: { major: 0, minor: 1 }, uuid: '', clock } as never);
  populate(fs.root, tree);
  const seen: Record<string, string> = {};
  const visit = (inode: Inode, path: string) => {
    const { mode, uid, mtime } = inode.stat();
    seen[path] = `${inode.type} ${(mode & 0o7777).toString(8)} ${uid} ${mtime.sec}`;
    if (inode.type === 'dir')
      for (const { name } of inode.readdir())
        visit(inode.lookup(name)!, `${path === '/' ? '' : path}/${name}`);
  };
  visit(fs.root, '/');
  return seen;
}

test('directories on the way are made, and take what the tree says of them, in whatever order', () => {
  expect(
    made({
      '/a/b/c': 'text',
      '/a/': { type: 'dir', mode: 0o700, uid: 7 },
      '/': { mode: 0o711, type: 'dir' },
    }),
  ).toEqual({
    '/': 'dir 711 0 1000',
    '/a': 'dir 700 7 1000',
    '/a/b': 'dir 755 0 1000',
    '/a/b/c': 'file 644 0 1000',
  });
});

test('what lies behind a symbolic link goes to where it leads', () => {
  expect(
    made({
      '/bin': { target: 'usr/bin' },
      '/usr/bin/first': '',
      '/bin/second': { mode: 0o755 },
      '/usr': { type: 'dir' },
    }),
  ).toEqual({
    '/': 'dir 755 0 1000',
    '/bin': 'symlink 777 0 1000',
    '/usr': 'dir 755 0 1000',
    '/usr/bin': 'dir 755 0 1000',
    '/usr/bin/first': 'file 644 0 1000',
    '/usr/bin/second': 'file 755 0 1000',
  });
});

test('a link that does not go straight down is refused', () => {
  expect(() => made({ '/a/l': { target: '../b' }, '/a/l/f': 'x' })).toThrow(
    '/.. in a file tree does not go straight down',
  );
});

test('a directory keeps the time it is given, whatever is put into it', () => {
  const mtime = { sec: 5, nsec: 0 };
  expect(
    made({
      '/d': { type: 'dir', mtime },
      '/d/file': { content: 'x', mtime: { sec: 6, nsec: 0 } },
      '/d/e': '',
    }),
  ).toEqual({
    '/': 'dir 755 0 1000',
    '/d': 'dir 755 0 5',
    '/d/e': 'file 644 0 1000',
    '/d/file': 'file 644 0 6',
  });
});
