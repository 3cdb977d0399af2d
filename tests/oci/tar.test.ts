/** Our tar against the system's: it lists and extracts what we write, we read what it writes. */
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readTar, type TarEntry, TarError, writeTar } from '../../src/oci/index.ts';
import { inTemporary, listing, tar } from './systemTar.ts';

const utf8 = new TextEncoder();

function entry(name: string, part: Partial<TarEntry> = {}): TarEntry {
  return {
    name,
    type: 'file',
    mode: 0o644,
    uid: 0,
    gid: 0,
    mtime: 1_700_000_000,
    content: new Uint8Array(0),
    target: '',
    major: 0,
    minor: 0,
    xattrs: {},
    ...part,
  };
}

const long = `${'d'.repeat(60)}/${'e'.repeat(60)}/${'f'.repeat(60)}`;

describe('the system lists what we write', () => {
  const rows: [string, TarEntry, string][] = [
    [
      'a file with owner and mode',
      entry('etc/motd', { content: utf8.encode('hello'), uid: 1000, gid: 100, mode: 0o4755 }),
      '-rwsr-xr-x 1000/100          5 2023-11-14 22:13:20 etc/motd',
    ],
    [
      'a directory',
      entry('var', { type: 'dir', mode: 0o1777 }),
      'drwxrwxrwt 0/0               0 2023-11-14 22:13:20 var/',
    ],
    [
      'a symbolic link',
      entry('bin', { type: 'symlink', target: 'usr/bin', mode: 0o777 }),
      'lrwxrwxrwx 0/0               0 2023-11-14 22:13:20 bin -> usr/bin',
    ],
    [
      'a hard link',
      entry('b', { type: 'link', target: 'a' }),
      'hrw-r--r-- 0/0               0 2023-11-14 22:13:20 b link to a',
    ],
    [
      'a character device',
      entry('dev/null', { type: 'chr', major: 1, minor: 3, mode: 0o666 }),
      'crw-rw-rw- 0/0             1,3 2023-11-14 22:13:20 dev/null',
    ],
    [
      'a block device with large numbers',
      entry('dev/x', { type: 'blk', major: 259, minor: 65_537 }),
      'brw-r--r-- 0/0       259,65537 2023-11-14 22:13:20 dev/x',
    ],
    ['a fifo', entry('p', { type: 'fifo' }), 'prw-r--r-- 0/0               0 2023-11-14 22:13:20 p'],
    ['a name over 100 bytes', entry(long), `-rw-r--r-- 0/0               0 2023-11-14 22:13:20 ${long}`],
    [
      'a link target over 100 bytes',
      entry('l', { type: 'symlink', target: long, mode: 0o777 }),
      `lrwxrwxrwx 0/0               0 2023-11-14 22:13:20 l -> ${long}`,
    ],
    [
      'ids that do not fit into seven octal digits',
      entry('big', { uid: 4_000_000, gid: 2_097_152 }),
      '-rw-r--r-- 4000000/2097152   0 2023-11-14 22:13:20 big',
    ],
    [
      'a time before 1970',
      entry('old', { mtime: -86_400 }),
      '-rw-r--r-- 0/0               0 1969-12-31 00:00:00 old',
    ],
    [
      'a time after 2242',
      entry('late', { mtime: 8_589_934_592 }),
      '-rw-r--r-- 0/0               0 2242-03-16 12:56:32 late',
    ],
  ];
  test.each(rows)('%s', (_, given, line) => {
    expect(listing(writeTar([given]))).toEqual([line]);
  });

  test('extracted, files have their contents, modes, times, links', () => {
    inTemporary((dir) => {
      const bytes = Uint8Array.from({ length: 1025 }, (_, i) => i & 255);
      const archive = writeTar([
        entry('d', { type: 'dir', mode: 0o750 }),
        entry('d/file', { content: bytes, mode: 0o640 }),
        entry('d/same', { type: 'link', target: 'd/file' }),
        entry('d/soft', { type: 'symlink', target: 'file', mode: 0o777 }),
        entry('d/grün', { content: utf8.encode('ü') }),
        entry(long, { content: utf8.encode('deep') }),
      ]);
      writeFileSync(join(dir, 'a.tar'), archive);
      mkdirSync(join(dir, 'out'));
      tar(dir, '-xpf', 'a.tar', '-C', 'out');
      const out = (path: string) => join(dir, 'out', path);
      expect(new Uint8Array(readFileSync(out('d/file')))).toEqual(bytes);
      expect(lstatSync(out('d/file')).mode & 0o7777).toBe(0o640);
      expect(lstatSync(out('d')).mode & 0o7777).toBe(0o750);
      expect(lstatSync(out('d/file')).mtimeMs).toBe(1_700_000_000_000);
      expect(lstatSync(out('d/same')).ino).toBe(lstatSync(out('d/file')).ino);
      expect(readlinkSync(out('d/soft'))).toBe('file');
      expect(readFileSync(out('d/grün'), 'utf8')).toBe('ü');
      expect(readFileSync(out(long), 'utf8')).toBe('deep');
    });
  });

  test('an archive ends with two blocks of zeros and is a whole number of blocks', () => {
    const archive = writeTar([entry('x', { content: utf8.encode('1') })]);
    expect(archive.length).toBe(4 * 512);
    expect(archive.subarray(1024).every((byte) => byte === 0)).toBe(true);
  });
});

describe('we read what the system writes', () => {
  const formats = ['ustar', 'pax', 'gnu', 'oldgnu'];

  function makeTree(dir: string): void {
    mkdirSync(join(dir, 'tree/sub'), { recursive: true });
    writeFileSync(join(dir, 'tree/file'), 'some text\n');
    chmodSync(join(dir, 'tree/file'), 0o4711);
    linkSync(join(dir, 'tree/file'), join(dir, 'tree/hard'));
    symlinkSync('sub/none', join(dir, 'tree/soft'));
    utimesSync(join(dir, 'tree/file'), 1_600_000_000, 1_600_000_000);
  }

  test.each(formats)('format %s', (format) => {
    inTemporary((dir) => {
      makeTree(dir);
      const archive = tar(dir, `--format=${format}`, '--sort=name', '-cf', '-', './tree');
      const entries = readTar(archive);
      expect(entries.map(({ name, type }) => `${type} ${name}`)).toEqual([
        'dir tree',
        'file tree/file',
        'link tree/hard',
        'symlink tree/soft',
        'dir tree/sub',
      ]);
      expect(entries[1]).toMatchObject({
        mode: 0o4711,
        mtime: 1_600_000_000,
        content: utf8.encode('some text\n'),
        uid: process.getuid!(),
      });
      expect(entries[2]!.target).toBe('./tree/file');
      expect(entries[3]!.target).toBe('sub/none');
    });
  });

  test.each(formats.filter((format) => format !== 'ustar'))('long names and targets, format %s', (format) => {
    inTemporary((dir) => {
      mkdirSync(join(dir, long), { recursive: true });
      writeFileSync(join(dir, long, 'g'.repeat(120)), 'deep');
      symlinkSync('t'.repeat(200), join(dir, 'link'));
      const archive = tar(dir, `--format=${format}`, '-cf', '-', `${long}/${'g'.repeat(120)}`, 'link');
      const [file, link] = readTar(archive);
      expect(file!.name).toBe(`${long}/${'g'.repeat(120)}`);
      expect(file!.content).toEqual(utf8.encode('deep'));
      expect(link!.target).toBe('t'.repeat(200));
    });
  });

  test('a ustar name is put together from prefix and name', () => {
    inTemporary((dir) => {
      mkdirSync(join(dir, long), { recursive: true });
      writeFileSync(join(dir, long, 'end'), '');
      expect(readTar(tar(dir, '--format=ustar', '-cf', '-', `${long}/end`))[0]!.name).toBe(`${long}/end`);
    });
  });

  test.each(['gnu', 'pax'])('large ids, format %s', (format) => {
    inTemporary((dir) => {
      writeFileSync(join(dir, 'f'), '');
      const archive = tar(dir, `--format=${format}`, '--owner=:3000000', '--group=:4000000', '-cf', '-', 'f');
      expect(readTar(archive)[0]).toMatchObject({ uid: 3_000_000, gid: 4_000_000 });
    });
  });

  test.each(['gnu', 'pax'])('times outside of eleven octal digits, format %s', (format) => {
    inTemporary((dir) => {
      writeFileSync(join(dir, 'f'), '');
      for (const [text, mtime] of [
        ['1960-01-01 00:00:00Z', -315_619_200],
        ['2300-01-01 00:00:00Z', 10_413_792_000],
      ] as const) {
        const archive = tar(dir, `--format=${format}`, `--mtime=${text}`, '-cf', '-', 'f');
        expect(readTar(archive)[0]!.mtime).toBe(mtime);
      }
    });
  });

  test('a global pax header goes for all entries', () => {
    inTemporary((dir) => {
      writeFileSync(join(dir, 'f'), 'x');
      const archive = tar(dir, '--format=pax', '--pax-option=comment=hello', '-cf', '-', 'f');
      expect(readTar(archive).map((found) => found.name)).toEqual(['f']);
    });
  });
});

describe('a damaged archive is refused', () => {
  const good = writeTar([entry('x', { content: utf8.encode('abc') })]);
  test.each([
    ['cut inside a header', good.subarray(0, 300), /cut off/],
    ['cut inside a file', good.subarray(0, 514), /ends inside the file/],
    ['cut before its end', good.subarray(0, 1024), /cut off/],
    ['with a flipped bit', Uint8Array.from(good, (byte, i) => (i === 3 ? byte ^ 1 : byte)), /checksum/],
  ])('%s', (_, archive, message) => {
    expect(() => readTar(archive)).toThrow(TarError);
    expect(() => readTar(archive)).toThrow(message);
  });
});

test('reading gives back what was written', () => {
  const name = fc
    .array(fc.stringMatching(/^[a-z0-9 _.äß-]{1,80}$/), { minLength: 1, maxLength: 4 })
    .map((parts) => parts.join('/'))
    .filter((text) => !/(^|\/)\.+(\/|$)/.test(text));
  const one = fc.record({
    name,
    type: fc.constantFrom<TarEntry['type']>('file', 'dir', 'symlink', 'link', 'chr', 'blk', 'fifo'),
    mode: fc.integer({ min: 0, max: 0o7777 }),
    uid: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
    gid: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
    mtime: fc.integer({ min: -(2 ** 33), max: 2 ** 35 }),
    content: fc.uint8Array({ maxLength: 1500 }),
    target: fc.stringMatching(/^[a-z/]{1,160}$/),
    major: fc.integer({ min: 0, max: 4095 }),
    minor: fc.integer({ min: 0, max: 1_048_575 }),
    xattrs: fc.dictionary(fc.stringMatching(/^user\.[a-z]{1,8}$/), fc.string({ maxLength: 20 }), {
      maxKeys: 2,
      noNullPrototype: true,
    }),
  });
  fc.assert(
    fc.property(fc.array(one, { maxLength: 6 }), (entries) => {
      const wanted = entries.map((given) => ({
        ...given,
        content: given.type === 'file' ? given.content : new Uint8Array(0),
        target: given.type === 'symlink' || given.type === 'link' ? given.target : '',
        major: given.type === 'chr' || given.type === 'blk' ? given.major : 0,
        minor: given.type === 'chr' || given.type === 'blk' ? given.minor : 0,
      }));
      expect(readTar(writeTar(wanted))).toEqual(wanted);
    }),
    { numRuns: 150 },
  );
});
