/** Partition tables: what is written is read, sfdisk and sgdisk agree both ways, and damage is named. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type BlockDevice,
  GPT_TYPES,
  hasBootSignature,
  isDiskError,
  MBR_TYPES,
  MemoryStore,
  RawImage,
  readGpt,
  readMbr,
  sliceOf,
  writeGpt,
  writeMbr,
} from '../../src/disk/index.ts';
import { hasTool, withDiskTools } from '../support/diskTools.ts';

const GUID = (n: number) => `12345678-9ABC-4DEF-8123-${n.toString(16).toUpperCase().padStart(12, '0')}`;

function blank(sectors: number): { disk: BlockDevice; store: MemoryStore } {
  const store = new MemoryStore();
  store.truncate(sectors * 512);
  return { disk: new RawImage(store), store };
}

const mbr = {
  diskId: 0xcafe1234,
  partitions: [
    { number: 1, bootable: true, type: MBR_TYPES.fat32, start: 2048, sectors: 65_536 },
    { number: 3, bootable: false, type: MBR_TYPES.linux, start: 67_584, sectors: 60_000 },
  ],
};

const gpt = [
  { number: 1, type: GPT_TYPES.efiSystem, guid: GUID(1), first: 2048, last: 34_815, name: 'EFI System' },
  { number: 2, type: GPT_TYPES.linux, guid: GUID(2), first: 34_816, last: 100_000, name: 'Wurzel für Linux' },
];

describe('MBR', () => {
  test('what is written is read, and boot code stays', () => {
    const { disk } = blank(131_072);
    disk.write(0, new Uint8Array(440).fill(0x90));
    expect(readMbr(disk)).toBeNull();
    writeMbr(disk, mbr);
    expect(readMbr(disk)).toEqual(mbr);
    expect(hasBootSignature(disk.read(0, 512))).toBe(true);
    expect(disk.read(0, 440).every((byte) => byte === 0x90)).toBe(true);
  });

  test.each([
    ['overlap', [mbr.partitions[0]!, { ...mbr.partitions[1]!, start: 3000 }], 'partitions 1 and 3 overlap'],
    [
      'lie behind the end',
      [{ ...mbr.partitions[0]!, sectors: 131_072 }],
      'partition 1 does not fit on the disk',
    ],
    ['begin with the table', [{ ...mbr.partitions[0]!, start: 0 }], 'partition 1 does not fit on the disk'],
    ['have no place', [{ ...mbr.partitions[0]!, number: 5 }], '5 is no number of a primary partition'],
  ])('partitions that %s are refused', (_name, partitions, message) => {
    expect(() => writeMbr(blank(131_072).disk, { diskId: 0, partitions })).toThrow(message);
  });

  test('a partition reaches nothing but itself', () => {
    const { disk } = blank(100);
    const slice = sliceOf(disk, 10, 5);
    slice.write(0, new Uint8Array(5 * 512).fill(1));
    expect(disk.read(0, 100 * 512).filter((byte) => byte !== 0).length).toBe(5 * 512);
    expect(disk.read(10 * 512 - 1, 2)).toEqual(new Uint8Array([0, 1]));
    for (const [offset, length] of [
      [-1, 1],
      [5 * 512, 1],
      [0, 5 * 512 + 1],
      [2 ** 53, 1],
      [Number.NaN, 1],
    ] as const)
      expect(() => slice.read(offset, length)).toThrow('are not on a disk');
    expect(() => sliceOf(disk, 98, 3)).toThrow('are not on a disk');
  });
});

describe('GPT', () => {
  test('what is written is read, from the backup too', () => {
    const { disk } = blank(131_072);
    writeGpt(disk, GUID(99), gpt);
    expect(readGpt(disk)).toEqual({
      diskGuid: GUID(99),
      firstUsable: 34,
      lastUsable: 131_038,
      partitions: gpt,
      from: 'primary',
      problems: [],
    });
    expect(readMbr(disk)!.partitions).toEqual([
      { number: 1, bootable: false, type: MBR_TYPES.gpt, start: 1, sectors: 131_071 },
    ]);
    disk.write(512 + 60, new Uint8Array([1]));
    expect(readGpt(disk)).toMatchObject({
      from: 'backup',
      partitions: gpt,
      problems: ['primary table: wrong checksum of the header'],
    });
    disk.write(131_071 * 512, new Uint8Array(8));
    expect(() => readGpt(disk)).toThrow(
      'primary table: wrong checksum of the header; backup table: no signature',
    );
    expect(readGpt(blank(131_072).disk)).toBeNull();
  });

  test('damage anywhere is found or repaired by the other table', () => {
    const whole = blank(2048);
    writeGpt(whole.disk, GUID(9), [{ ...gpt[0]!, first: 40, last: 100 }]);
    const expected = readGpt(whole.disk)!.partitions;
    const places = fc.oneof(
      fc.integer({ min: 512, max: 34 * 512 - 1 }),
      fc.integer({ min: 2015 * 512, max: 2048 * 512 - 1 }),
    );
    fc.assert(
      fc.property(places, fc.nat(7), (place, bit) => {
        const store = MemoryStore.of(whole.store.read(0, whole.store.size));
        const [byte] = store.read(place, 1);
        store.write(place, new Uint8Array([byte! ^ (1 << bit)]));
        const found = readGpt(new RawImage(store));
        expect(found?.partitions).toEqual(expected);
        // What follows a header in its sector is no part of it.
        const counted = place % 512 < 92 || (place >= 1024 && place < 2047 * 512);
        expect(found!.problems.length).toBe(counted ? 1 : 0);
      }),
      { numRuns: 300 },
    );
  });

  test('random sectors never do more than fail by name', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 512 * 3, maxLength: 512 * 6 }),
        fc.boolean(),
        (bytes, signed) => {
          if (signed) bytes.set([0x55, 0xaa], 510);
          const disk = new RawImage(MemoryStore.of(bytes));
          for (const read of [readMbr, readGpt]) {
            try {
              read(disk);
            } catch (error) {
              expect(isDiskError(error, 'corrupt')).toBe(true);
            }
          }
        },
      ),
    );
  });
});

describe.skipIf(!hasTool('sfdisk'))('sfdisk', () => {
  test('reads tables made here, and its logical partitions are read here', () => {
    withDiskTools((tools) => {
      const { disk, store } = blank(131_072);
      writeMbr(disk, mbr);
      tools.put('d', store);
      const dump = tools.must('sfdisk', '-d', 'd');
      expect(dump).toContain('label: dos\nlabel-id: 0xcafe1234\n');
      expect(dump).toMatch(
        /d1 : start= +2048, size= +65536, type=c, bootable\n.*d3 : start= +67584, size= +60000, type=83\n/,
      );
      expect(tools.must('sfdisk', '-V', 'd')).toContain('No errors detected');
      tools.must(
        'sh',
        '-c',
        'printf "2048 4096 c *\\n8192 60000 5\\n10240 2048 83\\n14336 2048 83\\n" | sfdisk -q d',
      );
      expect(
        readMbr(new RawImage(tools.get('d')))!.partitions.map(({ number, type, start, sectors }) => [
          number,
          type,
          start,
          sectors,
        ]),
      ).toEqual([
        [1, 0x0c, 2048, 4096],
        [2, 0x05, 8192, 60_000],
        [5, 0x83, 10_240, 2048],
        [6, 0x83, 14_336, 2048],
      ]);
    });
  });
});

describe.skipIf(!hasTool('sgdisk'))('sgdisk', () => {
  test('finds no problem with tables made here, and its tables are read here', () => {
    withDiskTools((tools) => {
      const { disk, store } = blank(131_072);
      writeGpt(disk, GUID(7), gpt);
      tools.put('d', store);
      expect(tools.must('sgdisk', '-v', 'd')).toContain('No problems found');
      expect(tools.must('sgdisk', '-i', '2', 'd')).toContain("Partition name: 'Wurzel für Linux'");
    });
  });

  test('makes tables that are read here', () => {
    withDiskTools((tools) => {
      tools.put('d', blank(131_072).store);
      tools.must(
        'sgdisk',
        '-o',
        '-U',
        GUID(3),
        '-n',
        '5:40960:+10M',
        '-c',
        '5:daten',
        '-t',
        '5:0700',
        '-u',
        `5:${GUID(5)}`,
        'd',
      );
      expect(readGpt(new RawImage(tools.get('d')))).toMatchObject({
        diskGuid: GUID(3),
        from: 'primary',
        problems: [],
        partitions: [
          { number: 5, type: GPT_TYPES.basicData, guid: GUID(5), first: 40_960, last: 61_439, name: 'daten' },
        ],
      });
    });
  });
});
