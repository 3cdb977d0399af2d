/** Booting over the network: an address and a file's name by DHCP, loader, configuration, kernel and initial file system by TFTP. */
import { describe, expect, test } from 'vitest';
import { encodeUtf8, Random } from '../../../src/base/index.ts';
import {
  bootInOrder,
  bootNetwork,
  guestInitramfs,
  guestKernel,
  loaderConfiguration,
  loaderImage,
} from '../../../src/hypervisor/index.ts';
import { BootMachine, BootVm, diskThatBoots } from '../../support/bootMachine.ts';
import { BootServer, type BootServerOptions, bootFile } from '../../support/bootServer.ts';
import { GuestDisk } from '../../support/guestMachine.ts';

const FILES = {
  'boot/loader.bin': loaderImage(),
  'boot/vmlinux': guestKernel(),
  'boot/initrd.img': guestInitramfs(),
  'boot/pxelinux.cfg/default': encodeUtf8(
    loaderConfiguration('hostname=far', { kernel: 'vmlinux', initramfs: 'initrd.img' }),
  ),
};
const USUAL: BootServerOptions = { files: FILES, options: [bootFile('boot/loader.bin')] };

function machine(options: BootServerOptions, slots: ConstructorParameters<typeof BootMachine>[0] = {}) {
  const server = new BootServer(options);
  const { transmit, meanwhile } = server;
  return { server, machine: new BootMachine({ slots: ['network'], transmit, meanwhile, ...slots }) };
}

/** All that the console says until nothing is left to boot from. */
const failing = (options: BootServerOptions) =>
  machine(options).machine.waitFor('No bootable device.', 200_000_000);

describe('over the network', () => {
  test('to a login, step by step', () => {
    const { machine: guest, server } = machine(USUAL);
    const log = guest.waitFor('far login: ', 60_000_000);
    expect(log.slice(0, log.indexOf('['))).toBe(
      [
        'Virtbook boot ROM',
        'boot order: net0',
        'net0: asking for an address by DHCP, mac 52:54:00:00:00:05',
        'net0: 10.0.0.5 netmask 255.255.255.0 gateway 10.0.0.1, boot server 10.0.0.1, boot file "boot/loader.bin"',
        `tftp://10.0.0.1/boot/loader.bin ... ${loaderImage().length} bytes`,
        'net0: starting the loader',
        'Virtbook loader',
        'tftp://10.0.0.1/boot/pxelinux.cfg/01-52-54-00-00-00-05 ... server: "File not found" (error 1) there is no such file',
        'tftp://10.0.0.1/boot/pxelinux.cfg/default ... 85 bytes',
        'Loading vmlinux',
        `tftp://10.0.0.1/boot/vmlinux ... ${guestKernel().length} bytes`,
        'Loading initrd.img',
        `tftp://10.0.0.1/boot/initrd.img ... ${guestInitramfs().length} bytes`,
        'Starting linux: hostname=far',
        '',
      ].join('\n'),
    );
    expect(server.seen.slice(0, 3)).toEqual([1, 3, 'boot/loader.bin']);
  });

  test('in a VM, after a disk that cannot be booted', () => {
    const { transmit, meanwhile } = new BootServer(USUAL);
    const slots = ['network', new GuestDisk(new Uint8Array(1024))] as const;
    const log = new BootVm({ slots, transmit, meanwhile }).waitFor('far login: ', 80_000_000);
    expect(log).toContain('boot order: vda net0\nvda: passed over: no boot signature');
  });

  test('by a policy that leaves it to the ROM’s network boot', () => {
    const { transmit, meanwhile } = new BootServer(USUAL);
    const boot = { policy: bootInOrder, devices: [bootNetwork('net0', 0)] };
    const log = new BootVm({ slots: ['network'], transmit, meanwhile, boot }).waitFor(
      'far login: ',
      80_000_000,
    );
    expect(log).toMatch(/^net0: starting at 0x80100010\nnet0: asking for an address by DHCP/);
  });

  test('a policy that starts a network without a server is told, and the VM waits', () => {
    const { transmit } = new BootServer({ dhcp: false });
    const boot = { policy: bootInOrder, devices: [bootNetwork('net0', 0)] };
    const vm = new BootVm({ slots: ['network'], transmit, boot });
    expect(vm.waitFor('No bootable device.', 80_000_000)).toContain(
      'net0: passed over: no DHCP server offered an address\n',
    );
    expect(vm.run(100_000)).toBe('idle');
  });

  test('by the header’s fields, with a server that is named by option 66', () => {
    const header = { file: 'boot/loader.bin', siaddr: 0x0a00_0009 };
    const options = [[66, [...encodeUtf8('10.0.0.1')]]] as const;
    const log = machine({ files: FILES, header, options }).machine.waitFor('far login: ', 60_000_000);
    expect(log).toContain('boot server 10.0.0.1, boot file "boot/loader.bin"');
  });

  test('after a refusal, and with a configuration for this card alone', () => {
    const files = {
      ...FILES,
      'boot/pxelinux.cfg/01-52-54-00-00-00-05': encodeUtf8(
        'LABEL own\nKERNEL vmlinux\nAPPEND hostname=own initrd=initrd.img',
      ),
    };
    const { machine: guest, server } = machine({ ...USUAL, files, refusals: 1 });
    guest.waitFor('own login: ', 60_000_000);
    expect(server.seen.slice(0, 4)).toEqual([1, 3, 1, 3]);
  });

  test.each(['one', 'two', 'three'])('although frames are lost (seed %s)', (seed) => {
    const random = Random.fromSeed(seed);
    const { machine: guest, server } = machine({ ...USUAL, loses: () => random.below(12) === 0 });
    const log = guest.waitFor('far login: ', 600_000_000);
    expect(log).toContain(`boot/vmlinux ... ${guestKernel().length} bytes\n`);
    expect(server.lost).toBeGreaterThan(5);
  });

  test('although others talk on the wire, and packets come twice', () => {
    const random = Random.fromSeed('noise');
    const noise = (frame: Uint8Array) => {
      const other = frame.slice();
      const at = random.below(other.length);
      other[at] = other[at]! ^ (1 + random.below(255));
      return random.below(2) === 0 ? [frame, other.subarray(0, 20 + random.below(30))] : [other];
    };
    const { machine: guest } = machine({ ...USUAL, noise });
    guest.waitFor('login: ', 600_000_000);
  });

  test('the ROM goes on to a disk when the network fails', () => {
    const slots = {
      slots: ['network', diskThatBoots({ commandLine: 'hostname=near' })] as const,
      order: [0, 1],
    };
    const log = machine({ ...USUAL, dhcp: false }, slots).machine.waitFor('near login: ', 200_000_000);
    expect(log).toContain('net0: passed over: no DHCP server offered an address\nvda: boot signature found');
  });
});

describe('why the network is passed over', () => {
  const named = (name: string, bytes: Uint8Array) => ({
    files: { [name]: bytes },
    options: [bootFile(name)],
  });
  test.each<[string, BootServerOptions, string]>([
    ['no DHCP server', { dhcp: false }, 'no DHCP server offered an address'],
    [
      'answers of DHCP that end in the middle of an option',
      {
        ...USUAL,
        distort: (payload) => (payload.length > 240 && payload[0] === 2 ? payload.slice(0, -4) : payload),
      },
      'no DHCP server offered an address',
    ],
    ['no boot file', {}, 'the DHCP server named no boot file'],
    [
      'no TFTP server',
      { header: { siaddr: 0x0a00_0063 }, options: [bootFile('x')] },
      'no answer from the TFTP server',
    ],
    ['no such file', { options: [bootFile('x')] }, 'the TFTP server does not have the boot file'],
    [
      'a file that is no loader',
      named('x', new Uint8Array(1024)),
      'the boot file is no loader (wrong magic, size or checksum)',
    ],
    [
      'a damaged loader',
      named(
        'x',
        loaderImage().map((byte, i) => (i === 700 ? byte ^ 1 : byte)),
      ),
      'the boot file is no loader',
    ],
    ['a loader cut off', named('x', loaderImage().slice(0, -512)), 'the boot file is no loader'],
    ['a file that is too long', named('x', new Uint8Array(2 ** 18)), 'the boot file is too long'],
    ['an empty file', named('x', new Uint8Array(0)), 'the boot file is no loader'],
  ])('%s', (_, options, reason) => {
    expect(failing(options)).toMatch(new RegExp(`net0: passed over: ${reason.replace(/[()]/g, '\\$&')}`));
  });

  test('no cable', () => {
    const { machine: guest } = machine(USUAL);
    guest.card!.setLink(false);
    expect(guest.waitFor('No bootable device.')).toContain(
      'net0: passed over: no cable is plugged in (link down)\n',
    );
  });

  test('what the loader misses', () => {
    const { 'boot/vmlinux': _, ...files } = FILES;
    const said = failing({ ...USUAL, files });
    expect(said).toContain('boot/vmlinux ... server: "File not found" (error 1) there is no such file\n');
    expect(said).toContain('net0: passed over: what it started has come back\n');
  });
});
