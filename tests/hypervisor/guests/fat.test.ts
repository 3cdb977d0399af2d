/** File systems that others made, and file systems that are broken. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { OsError, Random } from '../../../src/base/index.ts';
import { fatDisk } from '../../support/fatImage.ts';
import { GuestDisk, GuestMachine } from '../../support/guestMachine.ts';

const MKFS = 'mkfs.fat';
const FSCK = 'fsck.fat';
const hasDosfstools = [MKFS, FSCK].every((tool) => spawnSync(tool, ['--help']).error === undefined);
const START = 2048;

/** A file system made by mkfs.fat, in a partition. */
function formatted(folder: string, megabytes: number, args: readonly string[]): Uint8Array {
  const file = path.join(folder, 'partition');
  writeFileSync(file, new Uint8Array(megabytes * 2 ** 20));
  const made = spawnSync(MKFS, [...args, file], { encoding: 'utf8' });
  if (made.status !== 0) throw new Error(made.stderr);
  const partition = readFileSync(file);
  const disk = new Uint8Array(START * 512 + partition.length);
  disk[446 + 4] = 0x0c;
  const view = new DataView(disk.buffer);
  view.setUint32(446 + 8, START, true);
  view.setUint32(446 + 12, partition.length / 512, true);
  view.setUint16(510, 0xaa55, true);
  disk.set(partition, START * 512);
  return disk;
}

describe.skipIf(!hasDosfstools)(`${MKFS} and ${FSCK}`, () => {
  test.each([
    ['FAT16', 16, ['-F', '16', '-s', '4']],
    ['FAT32', 40, ['-F', '32', '-s', '1']],
  ])('%s: the guest’s work on a fresh file system leaves it whole', (kind, megabytes, args) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'virtbook-fat-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const disk = new GuestDisk(formatted(folder, megabytes, args));
    const machine = new GuestMachine({ commandLine: 'root=/dev/vda1', disk });
    machine.login();
    expect(machine.command('dmesg')).toContain(`fat: vda1 is ${kind},`);
    for (const name of ['a', 'b', 'c']) {
      machine.command(`mkdir ${name} ${name}/sub`);
      for (let i = 0; i < 8; i++) machine.command(`dd if=/dev/kmsg of=${name}/sub/log${i}.txt`);
    }
    machine.command('dd if=/dev/kmsg of=far.txt seek=20');
    machine.command('rm b/sub/log1.txt b/sub/log2.txt c/sub/log7.txt');
    expect(machine.command('cat far.txt')).toContain('root: mounted /dev/vda1');
    machine.type('poweroff\n');
    machine.waitFor('power down');
    const file = path.join(folder, 'result');
    writeFileSync(file, disk.stable.subarray(START * 512));
    const check = spawnSync(FSCK, ['-n', file], { encoding: 'utf8' });
    // 6 directories and 22 files.
    expect([check.status, check.stdout]).toEqual([0, expect.stringMatching(/: (28|29) files,/)]);
  });
});

describe('a broken file system', () => {
  const clean = fatDisk({ 'one.txt': `${'x'.repeat(2999)}\n`, 'two.txt': `${'y'.repeat(699)}\n` });
  const boot = (bytes: Uint8Array) =>
    new GuestMachine({ commandLine: 'root=/dev/vda1', disk: new GuestDisk(bytes) });

  test('a chain that bites its tail ends nothing', () => {
    const bytes = clean.slice();
    new DataView(bytes.buffer).setUint16((64 + 1) * 512 + 3 * 2, 2, true); // cluster 3 goes on with 2
    const machine = boot(bytes);
    machine.login();
    machine.type('cat one.txt\n');
    expect(machine.waitFor('# ')).toMatch(/\nx{3000}root@/);
    machine.command('rm one.txt');
    expect(machine.command('echo fine > three.txt')).toBe('');
  });

  test('a directory that bites its tail is searched to an end', () => {
    const disk = new GuestDisk(clean.slice());
    const machine = new GuestMachine({ commandLine: 'root=/dev/vda1', disk });
    machine.login();
    machine.command('mkdir d');
    // With "." and ".." these fill its only cluster.
    for (let i = 0; i < 14; i++) machine.command(`echo ${i} > d/f${i}`);
    machine.command('sync');
    const entry = Buffer.from(disk.stable).indexOf('D          \u0010', 0, 'latin1');
    const view = new DataView(disk.stable.buffer);
    const cluster = view.getUint16(entry + 26, true);
    const broken = disk.stable.slice();
    new DataView(broken.buffer).setUint16((64 + 1) * 512 + cluster * 2, cluster, true);
    const again = boot(broken);
    again.login();
    again.type('cat d/none\n');
    expect(again.waitFor('# ', 200_000_000)).toContain('cat: d/none: No such file or directory');
    expect(again.command('cat d/f13')).toBe('13\n');
    again.type('echo more > d/more\n');
    expect(again.waitFor('# ', 200_000_000)).toContain('sh: d/more: No space left on device');
  });

  test('damage anywhere in its tables stops no kernel', () => {
    const seed = 'fat-damage';
    const random = Random.fromSeed(seed);
    let mounted = 0;
    for (let round = 0; round < 30; round++) {
      const bytes = clean.slice();
      const hits = Array.from({ length: 1 + random.below(24) }, () => {
        // The partition's first sector, its first table's beginning, the root directory's.
        const region = [64 * 512, 65 * 512, (64 + 1 + 36) * 512][random.below(3)]!;
        const at = region + random.below(96);
        bytes[at] = random.below(256);
        return at;
      });
      const machine = boot(bytes);
      const name = `seed ${seed}, round ${round}, bytes ${hits}`;
      machine.run(2_000_000);
      expect(machine.output, name).not.toContain('in the kernel');
      if (machine.output.includes('panic')) {
        expect(machine.output, name).toContain('unable to mount root');
        continue;
      }
      mounted++;
      machine.login();
      for (const line of [
        'ls',
        'cat one.txt',
        'echo z > new.txt',
        'mkdir d',
        'rm two.txt one.txt',
        'sync',
        'ls d',
      ]) {
        machine.command(line);
        expect(machine.output, `${name}, ${line}`).not.toContain('panic');
      }
      expect(machine.command('echo alive'), name).toBe('alive\n');
    }
    expect(mounted).toBeGreaterThan(5);
  });

  test('sectors that cannot be read or written are errors of the command that needs them', () => {
    class Failing extends GuestDisk {
      readable = true;
      writable = true;
      override read(sector: number, target: Uint8Array): void {
        if (!this.readable) throw new OsError('EIO');
        super.read(sector, target);
      }
      override write(sector: number, data: Uint8Array): void {
        if (!this.writable) throw new OsError('EIO');
        super.write(sector, data);
      }
    }
    const disk = new Failing(clean.slice());
    const machine = new GuestMachine({ commandLine: 'root=/dev/vda1', disk });
    machine.login();
    disk.readable = false;
    expect(machine.command('cat two.txt')).toContain('cat: two.txt: Input/output error');
    disk.readable = true;
    disk.writable = false;
    machine.command('echo lost > three.txt');
    expect(machine.command('sync')).toContain('sync: disk: Input/output error');
    machine.command('echo lost > four.txt');
    machine.type('poweroff\n');
    machine.waitFor('not done, the disk could not be written');
    machine.waitFor('# ');
    disk.writable = true;
    expect(machine.command('cat two.txt').length).toBe(700);
  });
});
