/** ext2 as mke2fs and debugfs make it is read here; damage and what is not simulated end in named errors. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeUtf8, equalBytes } from '../../src/base/index.ts';
import { Ext2Fs, isDiskError, MemoryStore, RawImage } from '../../src/disk/index.ts';
import { type DiskTools, hasTool, withDiskTools } from '../support/diskTools.ts';

const possible = hasTool('mke2fs') && hasTool('debugfs');
if (!possible) console.warn('mke2fs and debugfs are not here: ext2 is not compared with them');

/** A tree with all that ext2 can hold: small, large, sparse, links, many names. */
function makeTree(tools: DiskTools, blockSize: number): void {
  tools.must(
    'sh',
    '-c',
    `mkdir -p t/dir/deep t/many && echo hello >t/dir/hello && seq 1 200000 >t/large && : >t/empty
     dd if=/dev/zero of=t/sparse bs=1 seek=5000000 count=1 2>/dev/null && printf tail >>t/sparse
     ln -s hello t/dir/short && ln -s ../large t/dir/up && ln -s /dir/hello t/absolute && ln -s loop t/loop
     ln -s dir/deep/../${'x/../'.repeat(20)}hello t/long
     mkdir -p t/dir/deep/x && for i in $(seq 1 300); do echo $i >"t/many/file number $i"; done
     chmod 640 t/dir/hello
     mke2fs -q -F -t ext2 -b ${blockSize} -L WURZEL -d t d 24M`,
  );
}

describe.skipIf(!possible)('ext2', { timeout: 60_000 }, () => {
  test.each([1024, 2048, 4096])('in blocks of %i bytes is read as it was made', (blockSize) => {
    withDiskTools((tools) => {
      makeTree(tools, blockSize);
      const fs = Ext2Fs.open(new RawImage(tools.get('d')));
      expect(fs.layout).toMatchObject({ blockSize, label: 'WURZEL' });
      expect(
        fs
          .list('/')
          .map(({ name }) => name)
          .sort(),
      ).toEqual(
        [
          '.',
          '..',
          'absolute',
          'dir',
          'empty',
          'large',
          'long',
          'loop',
          'lost+found',
          'many',
          'sparse',
        ].sort(),
      );
      for (const file of ['dir/hello', 'large', 'empty', 'sparse']) {
        const real = tools.get(`t/${file}`);
        expect(equalBytes(fs.readFile(file), real.read(0, real.size)), file).toBe(true);
      }
      expect(fs.stat('dir/hello')).toMatchObject({ mode: 0o100640, size: 6, links: 1, type: 'file' });
      expect(fs.readLink('dir/short')).toBe('hello');
      expect(fs.readLink('long').length).toBeGreaterThan(60);
      for (const link of ['dir/short', 'absolute']) expect(decodeUtf8(fs.readFile(link))).toBe('hello\n');
      expect(fs.stat('dir/up').size).toBe(fs.stat('large').size);
      expect(() => fs.readFile('loop')).toThrow('too many levels of symbolic links');
      expect(() => fs.readFile('nope')).toThrow("'nope' does not exist");
      expect(() => fs.readFile('dir')).toThrow("'dir' is no file");
      expect(fs.list('many').length).toBe(302);
      expect(decodeUtf8(fs.readFile('many/file number 77'))).toBe('77\n');
      const said = /Free blocks: +(\d+)/.exec(tools.must('dumpe2fs', '-h', 'd'))![1];
      expect(fs.layout.freeBlocks).toBe(Number(said));
    });
  });

  test('newer kinds are refused by the names of their features', () => {
    withDiskTools((tools) => {
      tools.must('mke2fs', '-q', '-F', '-t', 'ext4', 'd', '24M');
      expect(() => Ext2Fs.open(new RawImage(tools.get('d')))).toThrow(
        /^ext features not simulated: extents, 64bit, flex_bg/,
      );
    });
  });

  test('flipped bits end in named errors', () => {
    withDiskTools((tools) => {
      makeTree(tools, 1024);
      const whole = tools.get('d').read(0, 24 * 2 ** 20);
      const fs = Ext2Fs.open(new RawImage(MemoryStore.of(whole)));
      // Superblock, descriptors, inode table, the root's blocks.
      const table = new DataView(whole.buffer, 2048).getUint32(8, true) * 1024;
      const place = fc.oneof(
        fc.nat(100).map((n) => 1024 + n),
        fc.nat(32).map((n) => 2048 + n),
        fc.nat(256 * 20).map((n) => table + n),
      );
      const store = MemoryStore.of(whole);
      fc.assert(
        fc.property(fc.array(fc.tuple(place, fc.nat(7)), { minLength: 1, maxLength: 3 }), (flips) => {
          const flip = () => {
            for (const [at, bit] of flips)
              store.write(at, new Uint8Array([store.read(at, 1)[0]! ^ (1 << bit)]));
          };
          flip();
          try {
            const damaged = Ext2Fs.open(new RawImage(store));
            for (const each of ['dir/hello', 'large', 'sparse', 'dir/up', 'absolute']) {
              try {
                damaged.readFile(each);
              } catch (error) {
                if (!isDiskError(error)) throw error;
              }
            }
          } catch (error) {
            if (!isDiskError(error)) throw error;
          } finally {
            flip();
          }
        }),
        { numRuns: 100 },
      );
      expect(decodeUtf8(fs.readFile('dir/hello'))).toBe('hello\n');
    });
  });
});
