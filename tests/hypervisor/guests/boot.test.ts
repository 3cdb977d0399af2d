/** The guest kernel on the bare machine: its boot, its processes, its disk, and what it says when it cannot go on. */
import { describe, expect, test } from 'vitest';
import { assemble, writeElf } from '../../../src/machine/index.ts';
import { fatDisk, fatFile } from '../../support/fatImage.ts';
import { GuestDisk, GuestMachine } from '../../support/guestMachine.ts';

const COMMAND_LINE = 'hostname=db root=/dev/vda1';

function withDisk(files: Record<string, string> = { 'hello.txt': 'hello from the host\n' }) {
  const disk = new GuestDisk(fatDisk(files));
  const machine = new GuestMachine({ commandLine: COMMAND_LINE, disk });
  return { disk, machine };
}

function loggedIn(files?: Record<string, string>) {
  const made = withDisk(files);
  made.machine.login();
  return made;
}

const text = (bytes: Uint8Array | null) => bytes && new TextDecoder('latin1').decode(bytes);

describe('boot', () => {
  test('the log says what happened, in order, with times that do not go back', () => {
    const { machine } = withDisk();
    const log = machine.waitFor('db login: ').split('\n').slice(0, -1);
    expect(log.map((line) => line.replace(/^\[ *\d+\.\d{6}\] (\w+).*$/, '$1'))).toEqual(
      'Virtbook boot command sbi memory paging uart initramfs virtio_blk vda fat root init'.split(' '),
    );
    const times = log.map((line) => Number(line.slice(1, 13)));
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(log).toContainEqual(
      expect.stringMatching(/vda at 0x10001000, interrupt 1, 4533 sectors of 512 bytes, flush$/),
    );
  });

  test('login comes within 700,000 instructions', () => {
    const { machine } = withDisk();
    machine.waitFor('db login: ');
    expect(machine.platform.instructions).toBeLessThan(700_000);
  });

  test('without root= the initramfs is the root, and it is read-only', () => {
    const machine = new GuestMachine();
    expect(machine.waitFor('guest login: ')).toContain('root: none given');
    machine.type('anybody\n');
    machine.waitFor('anybody@guest:~# ');
    expect(machine.command('ls')).toBe('          bin/\n          etc/\n');
    expect(machine.command('echo x > file')).toBe('sh: file: Read-only file system\n');
  });

  test('reboot boots again from what is in memory', () => {
    const { machine } = loggedIn();
    machine.command('dd if=/dev/zero of=/dev/null count=3');
    machine.type('reboot\n');
    expect(machine.waitFor('login: ')).toMatch(
      /reboot: restarting\n\[ +\d+\.\d+\] Virtbook guest kernel[\s\S]*root: mounted/,
    );
    machine.type('root\n');
    machine.waitFor('# ');
    expect(machine.command('cat hello.txt')).toBe('hello from the host\n');
    expect(machine.command('sleep 1')).toBe('');
  });
});

describe('what stops a boot is said', () => {
  const boot = (options: ConstructorParameters<typeof GuestMachine>[0]) => {
    const machine = new GuestMachine(options);
    const said = machine.waitFor('Kernel panic - not syncing: ') + machine.waitFor('\r\n');
    expect(machine.platform.run({ instructions: 1_000_000 })).toEqual({ reason: 'idle' });
    return said;
  };
  const disk = () => new GuestDisk(fatDisk());

  test('a root device that is not there, with those that are', () => {
    const said = boot({ commandLine: 'root=/dev/vda2', disk: disk() });
    expect(said).toContain('cannot open root device "/dev/vda2". These are there:\n');
    expect(said).toContain('/dev/vda1, 4469 sectors\n');
    expect(said).toMatch(/panic - not syncing: unable to mount root: no device "\/dev\/vda2"\n$/);
  });

  test('an initramfs without the disk driver', () => {
    const said = boot({ commandLine: COMMAND_LINE, disk: disk(), initramfs: { drivers: ['virtio_net'] } });
    expect(said).toContain(
      'virtio: device 2 at 0x10001000, driver virtio_blk is not in the initramfs (etc/modules)\n',
    );
    expect(said).toContain('These are there: none, no disk was found\n');
  });

  test('a root device without a file system', () => {
    const said = boot({ commandLine: 'root=/dev/vda', disk: disk() });
    expect(said).toMatch(
      /panic - not syncing: unable to mount root on "\/dev\/vda": no FAT file system on it\n$/,
    );
  });

  test('an initramfs without init', () => {
    const said = boot({ commandLine: COMMAND_LINE, disk: disk(), initramfs: { programs: ['sh'] } });
    expect(said).toContain('no init: /bin/init of the initramfs cannot be run');
  });
});

describe('disk', () => {
  test('a synced file is on the disk when the power goes, an unsynced one is not', () => {
    const { machine, disk } = loggedIn();
    expect(machine.command('write kept.txt kept')).toBe(
      '5 bytes in memory; `sync` brings them to the disk\n',
    );
    expect(fatFile(disk.stable, 'KEPT    TXT')).toBeNull();
    machine.command('sync');
    expect(text(fatFile(disk.stable, 'KEPT    TXT'))).toBe('kept\n');
    machine.command('write lost.txt lost');
    machine.type('poweroff -f\n');
    machine.waitFor('power down');
    expect(machine.platform.run({ instructions: 1_000_000 })).toEqual({ reason: 'power-off', code: 0 });
    expect(fatFile(disk.stable, 'LOST    TXT')).toBeNull();
  });

  test('trace shows the stations of a write, in order', () => {
    const { machine } = loggedIn();
    const stations = () =>
      machine
        .command('trace')
        .replace(/^\[ *\d+\.\d{6}\] /gm, '')
        .trimEnd()
        .split('\n');
    machine.command('trace on');
    machine.command('write a.txt hello');
    const write = stations();
    expect(write).toContain('system call: write, 6 bytes');
    expect(write.at(-1)).toMatch(/^cache: sector \d+ changed in memory$/);
    expect(write.join()).not.toContain('block: write');
    machine.command('trace on');
    machine.command('sync');
    machine.command('trace off');
    const sync = stations();
    expect(sync[0]).toBe('system call: sync');
    expect(sync.slice(-5)).toEqual([
      'block: flush, sector 0, 0 sectors',
      'virtqueue: a chain of 2 descriptors',
      'doorbell: QueueNotify is written',
      'interrupt: from vda',
      'virtqueue: the chain came back, status 0',
    ]);
    expect(sync).toContainEqual(expect.stringMatching(/^block: write, sector \d+, 1 sectors$/));
  });

  test('poweroff without -f writes first', () => {
    const { machine, disk } = loggedIn();
    machine.command('echo some words > words.txt');
    machine.command('echo more >> words.txt');
    machine.type('poweroff\n');
    machine.waitFor('power down');
    expect(text(fatFile(disk.stable, 'WORDS   TXT'))).toBe('some words\nmore\n');
    expect(disk.flushes).toBe(1);
  });

  test('a file of many clusters is copied, removed, and its place used again', () => {
    const long = Array.from({ length: 2000 }, (_, i) => `line ${i}\n`).join('');
    const { machine, disk } = loggedIn({ 'long.txt': long });
    for (const round of [1, 2, 3]) {
      expect(machine.command('dd if=long.txt of=copy.txt bs=1000')).toBe(
        `dd: ${Math.ceil(long.length / 1000)} blocks, ${long.length} bytes copied\n`,
      );
      expect(text(fatFile(disk.stable, 'COPY    TXT')), `round ${round}`).toBe(long);
      machine.command('rm copy.txt');
    }
    expect(machine.command('cat copy.txt')).toBe('cat: copy.txt: No such file or directory\n');
  });

  test('directories nest, and only empty ones go', () => {
    const { machine } = loggedIn();
    machine.command('mkdir a a/b');
    machine.command('cd a/b');
    machine.command('echo deep > x');
    expect(machine.command('cat /a/b/../b/x')).toBe('deep\n');
    machine.command('cd');
    expect(machine.command('rm a/b')).toBe('rm: a/b: Directory not empty\n');
    machine.command('rm a/b/x a/b a');
    expect(machine.command('ls')).not.toContain('a/');
  });

  test('sectors beyond the end are asked for, and the disk refuses', () => {
    const { machine } = loggedIn();
    expect(machine.command('dd if=/dev/vda of=/dev/null skip=4532 count=1')).toBe(
      'dd: 1 blocks, 512 bytes copied\n',
    );
    expect(machine.command('dd if=/dev/vda of=/dev/null skip=4533 count=1')).toContain(
      "error reading '/dev/vda': Input/output error",
    );
    expect(machine.command('dd if=/dev/zero of=/dev/vda seek=4533 count=1')).toContain(
      "error writing '/dev/vda': Input/output error",
    );
    expect(machine.command('dd if=/dev/zero of=/dev/vda seek=36028797018963967 count=1')).toContain(
      'Input/output error',
    );
  });

  test('a read-only disk is known as such', () => {
    const disk = new GuestDisk(fatDisk({ 'a.txt': 'a\n' }), true);
    const machine = new GuestMachine({ commandLine: COMMAND_LINE, disk });
    machine.login();
    expect(machine.command('dmesg')).toContain('root: mounted /dev/vda1 read-only');
    expect(machine.command('cat a.txt')).toBe('a\n');
    expect(machine.command('echo b > a.txt')).toBe('sh: a.txt: Read-only file system\n');
    expect(machine.command('rm a.txt')).toBe('rm: a.txt: Read-only file system\n');
  });
});

describe('processes', () => {
  test('the timer takes the processor from a program that does not give it up', () => {
    const { machine } = loggedIn();
    const pid = machine.command('dd if=/dev/zero of=/dev/null &').match(/^\[(\d+)\]/)![1];
    expect(machine.command('echo alive')).toBe('alive\n');
    expect(machine.command('ps')).toMatch(new RegExp(`^ +${pid} +2 R .* dd$`, 'm'));
    const said = machine.command(`kill ${pid}`) + machine.command('sleep 1');
    expect(said).toContain(`[${pid}] ended, code 130`);
    expect(machine.command('ps')).not.toContain(' dd');
  });

  test('nor does a long system call keep it', () => {
    // One write of a megabyte of fresh heap to the console.
    const assembly = assemble(
      `_start:
         li a0, 0
         li a7, 214 # brk: where is it?
         ecall
         mv s0, a0
         li t0, 0x100000
         add a0, a0, t0
         li a7, 214
         ecall
         li a0, 1
         mv a1, s0
         li a2, 0x100000
         li a7, 64 # write
         ecall
         li a0, 0
         li a7, 93
         ecall`,
      { base: 0x10000 },
    );
    if (!assembly.ok) throw new Error(JSON.stringify(assembly.errors));
    const machine = new GuestMachine({ initramfs: { files: { 'bin/big': writeElf(assembly.program) } } });
    machine.login();
    machine.type('big\n');
    machine.waitFor('\0\0\0\0');
    const before = machine.output.length;
    machine.type('\u0003');
    machine.waitFor('# ');
    expect(machine.output.length - before).toBeLessThan(100_000);
    expect(machine.command('echo alive')).toBe('alive\n');
  });

  test('pages come at first touch, and all come back', () => {
    const { machine } = loggedIn();
    const free = () => machine.command('free').match(/MemFree: +(\d+) kB/)![1];
    const before = free();
    for (let i = 0; i < 5; i++) machine.command('ls /bin');
    expect(free()).toBe(before);
    // init has few pages: those it touched, the top of its stack, and the one that the kernel filled for it.
    const [, pages, faults] = machine.command('ps').match(/^ +1 +0 S +\d+ +(\d+) +(\d+) init$/m)!;
    expect([Number(pages), Number(faults)]).toEqual([7, 5]);
  });

  test('Ctrl-C ends the program in the foreground alone', () => {
    const { machine } = loggedIn();
    machine.type('heartbeat db\n');
    machine.waitFor('heartbeat 2 of db, 1000 ms after the last');
    machine.type('\u0003');
    machine.waitFor('root@db:~# ');
    expect(machine.command('echo still here')).toBe('still here\n');
  });

  test('what cannot be understood is said', () => {
    const { machine } = loggedIn();
    expect(machine.command('ls | cat')).toBe('sh: pipes, ;, $, * and ` are not understood here\n');
    expect(machine.command('nothing')).toBe('sh: nothing: command not found\n');
    expect(machine.command('dd conv=sync')).toContain('conv=sync: not understood');
    expect(machine.command('echo x > toolongname.txt')).toContain('File name too long');
    expect(machine.command('cat bin')).toContain('Is a directory');
  });

  test('a typing error can be taken back', () => {
    const { machine } = loggedIn();
    machine.type('echo abx\u007fc\n');
    expect(machine.waitFor('# ')).toContain('\nabc\n');
  });
});

describe('attacks from inside', () => {
  test('a word beyond memory gives a fault, one inside is read and written', () => {
    const { machine } = loggedIn();
    expect(machine.command('peek 0x80ffc000')).toBe('0x080ffc000: 00000000\n');
    expect(machine.command('poke 0x80ffc000 0xcafe')).toBe('0x080ffc000: 0000cafe written\n');
    expect(machine.command('peek 0x80ffc000')).toBe('0x080ffc000: 0000cafe\n');
    expect(machine.command('peek 0x81000000')).toBe('peek: 0x081000000: access fault\n');
    expect(machine.command('poke 0x280000000 1')).toBe('poke: 0x280000000: access fault\n');
    expect(machine.command('peek 0x80000000')).toBe('peek: 0x080000000: access fault\n'); // the firmware's
    expect(machine.command('peek 0x400000000')).toContain('not an address of a word');
  });

  test('the disk reads and writes memory for the guest, and stops at an address that is none', () => {
    const { machine, disk } = loggedIn();
    machine.command('poke 0x80ffc000 0x64656570');
    expect(machine.command('dma write 0x80ffc000 40')).toBe(
      '512 bytes from 0x80ffc000 are now in sector 40 of /dev/vda\n',
    );
    machine.command('sync');
    expect(text(disk.stable.slice(40 * 512, 40 * 512 + 4))).toBe('peed');
    expect(machine.command('dma read 0x80ffe000 40')).toBe('sector 40 of /dev/vda is now at 0x80ffe000\n');
    expect(machine.command('peek 0x80ffe000')).toBe('0x080ffe000: 64656570\n');
    const said = machine.command('dma read 0x81000000 40');
    expect(said).toContain('virtio_blk: vda stopped and needs a reset');
    expect(said).toContain('dma: 0x81000000: Input/output error');
    machine.command('write a.txt a');
    expect(machine.command('sync')).toContain('sync: disk: Input/output error');
  });

  test('hog never comes back, and no key helps', () => {
    const { machine } = loggedIn();
    machine.type('hog\n');
    machine.waitFor('hog: interrupts off, for ever');
    machine.type('\u0003\n');
    const before = machine.output.length;
    expect(machine.platform.run({ instructions: 3_000_000 })).toEqual({ reason: 'instructions' });
    expect(machine.output.slice(before).trim()).toBe('');
  });
});
