/** VMDK: what is written is read back, here and by QEMU; QEMU's own is read; what is damaged ends in an error that names the place. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { concatBytes, Random } from '../../src/base/index.ts';
import {
  isDiskError,
  MemoryStore,
  openImage,
  probeFormat,
  RawImage,
  streamOptimized,
  VmdkImage,
} from '../../src/disk/index.ts';
import { commandHost } from '../support/commandHost.ts';
import { hasTool } from '../support/diskTools.ts';

const SECTOR = 512;
const NAME = { name: 'disk.vmdk', cid: 0x1234abcd };

/** A disk of `sectors` with some written stretches. */
function randomDisk(seed: string, sectors: number): RawImage {
  const random = Random.fromSeed(seed);
  const store = new MemoryStore();
  store.truncate(sectors * SECTOR);
  for (let i = 0; i < 12; i++) {
    const length = random.between(1, 200_000);
    const offset = random.below(Math.max(1, sectors * SECTOR - length));
    const bytes = random.chance(1, 2) ? random.bytes(length) : new Uint8Array(length).fill(random.below(256));
    store.write(offset, bytes.subarray(0, sectors * SECTOR - offset));
  }
  return new RawImage(store);
}

const packed = (disk: RawImage) => concatBytes([...streamOptimized(disk, NAME)]);
const whole = (image: { size: number; read(offset: number, length: number): Uint8Array }) =>
  Buffer.from(image.read(0, image.size));

const QEMU = 'qemu-img';

function inFolder<T>(body: (file: (name: string) => string) => T): T {
  const folder = mkdtempSync(path.join(tmpdir(), 'virtbook-vmdk-'));
  try {
    return body((name) => path.join(folder, name));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Sizes: one grain, a last grain in part, more than one table of 32 MiB. */
const SIZES = [128, 1000, 8192, 65_536 + 128 * 5 + 7];

describe('a streamOptimized image', () => {
  test.each(SIZES)('of %i sectors is read back', (sectors) => {
    const disk = randomDisk(`own ${sectors}`, sectors);
    const store = MemoryStore.of(packed(disk));
    expect(probeFormat(store)).toBe('vmdk');
    const image = openImage(store, 'vmdk');
    expect(image.size).toBe(disk.size);
    expect(whole(image).equals(whole(disk))).toBe(true);
    expect(
      Buffer.from(image.read(700, 70_000 % disk.size)).equals(
        Buffer.from(disk.read(700, 70_000 % disk.size)),
      ),
    ).toBe(true);
  });

  test('of nothing is small, and says that nothing is stored', () => {
    const store = new MemoryStore();
    store.truncate(2 ** 30);
    const bytes = concatBytes([...streamOptimized(new RawImage(store), NAME, () => false)]);
    expect(bytes.length).toBeLessThan(70_000);
    const image = new VmdkImage(MemoryStore.of(bytes));
    expect(image.status(0, 2 ** 20)).toMatchObject({ kind: 'unallocated', length: 65_536 });
    expect(image.descriptor).toEqual({
      cid: 0x1234abcd,
      parentCid: 0xffffffff,
      createType: 'streamOptimized',
    });
  });

  test('is not written to', () => {
    const image = new VmdkImage(MemoryStore.of(packed(randomDisk('ro', 128))));
    for (const change of [() => image.write(), () => image.writeZeroes(), () => image.resize()])
      expect(change).toThrow(/reading only|does not support resize/);
  });

  test.each([
    ['cut off', (bytes: Uint8Array) => bytes.subarray(0, bytes.length - 600), 'no footer'],
    ['of another kind', (bytes: Uint8Array) => bytes.fill(0, 0, 4), 'not in VMDK format'],
    ['sent as text', (bytes: Uint8Array) => bytes.fill(0x0a, 75, 76), 'line ends'],
    ['without a descriptor', (bytes: Uint8Array) => bytes.fill(0x20, 512, 10_000), 'descriptor'],
    [
      'with a damaged grain',
      (bytes: Uint8Array) => bytes.fill(7, 65_536 + 12, 65_536 + 40),
      'compressed grain 0',
    ],
  ])('%s ends in an error', (_name, damage, message) => {
    const disk = new RawImage(MemoryStore.of(new Uint8Array(65_536).fill(65)));
    const bytes = damage(packed(disk).slice());
    expect(() => whole(new VmdkImage(MemoryStore.of(bytes)))).toThrow(message);
  });

  test('damaged anywhere gives an error or bytes, and an end', () => {
    const bytes = packed(randomDisk('fuzz', 1000));
    const random = Random.fromSeed('vmdk fuzz');
    for (let i = 0; i < 200; i++) {
      const damaged = bytes.slice();
      for (let n = random.between(1, 8); n > 0; n--)
        damaged[random.below(random.chance(1, 2) ? 2048 : damaged.length)] = random.below(256);
      try {
        const image = new VmdkImage(MemoryStore.of(damaged));
        for (let at = 0; at < Math.min(image.size, 2 ** 20); at += 65_536)
          image.read(at, Math.min(65_536, image.size - at));
      } catch (error) {
        expect(isDiskError(error), String(error)).toBe(true);
      }
    }
  });
});

describe.skipIf(!hasTool(QEMU))('with qemu-img', () => {
  test.each(['monolithicSparse', 'streamOptimized'])('info of a %s is QEMU’s', (subformat) => {
    inFolder((file) => {
      writeFileSync(file('raw'), whole(randomDisk('info', 1000)));
      const options = ['convert', '-f', 'raw', '-O', 'vmdk', '-o', `subformat=${subformat}`];
      execFileSync(QEMU, [...options, file('raw'), file('d.vmdk')]);
      const host = commandHost({ '/work/d.vmdk': { content: new Uint8Array(readFileSync(file('d.vmdk'))) } });
      for (const output of ['human', 'json']) {
        const real = execFileSync(QEMU, ['info', `--output=${output}`, 'd.vmdk'], {
          encoding: 'utf8',
          cwd: path.dirname(file('d.vmdk')),
        });
        // How much of the file is stored is the file system's business.
        const plain = (text: string) =>
          text.replace(/^disk size: .*$/m, '').replace(/"actual-size": \d+/, '');
        expect(plain(host.command(`qemu-img info --output=${output} d.vmdk`).stdout)).toBe(plain(real));
      }
      const real = execFileSync(QEMU, ['info', file('d.vmdk')], { encoding: 'utf8' });
      expect(real).toContain('file format: vmdk');
      expect(host.command('qemu-img convert -O raw d.vmdk r && stat -c %s r').stdout).toBe(
        `${1000 * SECTOR}\n`,
      );
    });
  });

  test.each(SIZES)('QEMU reads ours of %i sectors', (sectors) => {
    inFolder((file) => {
      const disk = randomDisk(`ours ${sectors}`, sectors);
      writeFileSync(file('disk.vmdk'), packed(disk));
      execFileSync(QEMU, ['convert', '-f', 'vmdk', '-O', 'raw', file('disk.vmdk'), file('raw')]);
      expect(readFileSync(file('raw')).equals(whole(disk))).toBe(true);
      const info = JSON.parse(
        execFileSync(QEMU, ['info', '--output=json', file('disk.vmdk')], { encoding: 'utf8' }),
      );
      expect(info['format-specific'].data).toMatchObject({
        cid: 0x1234abcd,
        'create-type': 'streamOptimized',
      });
    });
  });

  test.each(['monolithicSparse', 'streamOptimized'])('we read QEMU’s %s', (subformat) => {
    for (const sectors of SIZES) {
      inFolder((file) => {
        const disk = randomDisk(`theirs ${sectors}`, sectors);
        writeFileSync(file('raw'), whole(disk));
        const options = ['convert', '-f', 'raw', '-O', 'vmdk', '-o', `subformat=${subformat}`];
        execFileSync(QEMU, [...options, file('raw'), file('disk.vmdk')]);
        const image = new VmdkImage(MemoryStore.of(readFileSync(file('disk.vmdk'))));
        expect(whole(image).subarray(0, disk.size).equals(whole(disk)), `${sectors}`).toBe(true);
      });
    }
  });
});
