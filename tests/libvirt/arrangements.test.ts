/**
 * One domain in both arrangements: type 1, where the hypervisor owns the machine (as `virtbook hyper` runs it), and type 2, where each VM is
 * a process of an operating system that has the machine. The guest cannot tell: it says and does the same.
 */
import { expect, test } from 'vitest';
import { decodeUtf8, encodeUtf8 } from '../../src/base/index.ts';
import { MemoryStore, openImage } from '../../src/disk/index.ts';
import { guestInitramfs, guestKernel, Hypervisor } from '../../src/hypervisor/index.ts';
import { DiskBackend } from '../../src/libvirt/index.ts';
import { BlockDevice, PhysicalMemory, parseElf } from '../../src/machine/index.ts';
import { fatDisk, fatFile } from '../support/fatImage.ts';
import { diskXml, vmHost } from '../support/vmHost.ts';

const MIB = 2 ** 20;
const COMMAND_LINE = 'hostname=db root=/dev/vda1';
const TYPED = ['root\r', 'echo hello > note.txt\r', 'cat note.txt\r', 'ls /\r', 'poweroff\r'];
/** Time between two lines, in ns. */
const PAUSE = 200_000_000;

/** On the bare machine: no operating system below. */
function type1(disk: Uint8Array): { said: string; disk: Uint8Array } {
  const store = MemoryStore.of(disk);
  const backend = new DiskBackend(openImage(store, 'raw', { backing: null, writable: true }), false);
  const hypervisor = new Hypervisor({ memory: new PhysicalMemory({ size: 16 * MIB }) });
  let said = '';
  const vm = hypervisor.createVm({
    name: 'db',
    memory: 8 * MIB,
    vcpus: 1,
    slots: [new BlockDevice('db/virtio0', backend, 'vda')],
    output: (bytes) => {
      said += decodeUtf8(bytes);
    },
  });
  const { entry, segments } = parseElf(guestKernel());
  vm.boot({
    entry,
    segments: segments.map(({ address, data, memorySize }) => {
      const bytes = new Uint8Array(memorySize);
      bytes.set(data);
      return { address, bytes };
    }),
    bootArguments: COMMAND_LINE,
    initialRamDisk: guestInitramfs(),
  });
  for (const line of TYPED) {
    hypervisor.run({ until: hypervisor.now + PAUSE });
    vm.type(encodeUtf8(line));
  }
  hypervisor.run({ until: hypervisor.now + PAUSE });
  expect(vm.stopped).toBe('shutdown');
  return { said, disk: store.read(0, store.size) };
}

/** As a process of a host, by virsh. */
function type2(disk: Uint8Array): { said: string; disk: Uint8Array } {
  const xml = `<domain type='kvm'><name>db</name><memory unit='MiB'>8</memory><os><type>hvm</type>
<kernel>/usr/share/virtbook/kernel</kernel><initrd>/usr/share/virtbook/initramfs</initrd>
<cmdline>${COMMAND_LINE}</cmdline></os><devices>${diskXml('/srv/db.img', 'vda', 'raw')}<console type='pty'/></devices></domain>`;
  const vms = vmHost({ '/tmp/db.xml': xml, '/srv/db.img': { content: disk } });
  vms.out('virsh define db.xml');
  const terminal = vms.terminal();
  terminal.type('virsh start db --console\r', 0.2);
  for (const line of TYPED) terminal.type(line, PAUSE / 1e9);
  expect(vms.out('virsh domstate db')).toBe('shut off\n\n');
  const [, said] = terminal.take().split(/Escape character is [^\n]*\n/);
  return { said: said!, disk: vms.host.view.readFile('/srv/db.img')! };
}

/** Times differ: the host below takes its share. */
const timeless = (said: string): string[] =>
  said
    .replaceAll(/\[ *\d+\.\d+\]/g, '[time]')
    .split('\r\n')
    .filter((line) => line.startsWith('[time]') || line.startsWith('root@') || /hello|bin/.test(line));

test('the same guest says the same and leaves the same on its disk', () => {
  const bare = type1(fatDisk());
  const hosted = type2(fatDisk());
  expect(timeless(bare.said).length).toBeGreaterThan(12);
  expect(timeless(hosted.said).slice(0, timeless(bare.said).length)).toEqual(timeless(bare.said));
  expect(decodeUtf8(fatFile(bare.disk, 'NOTE    TXT')!)).toBe('hello\n');
  expect(decodeUtf8(fatFile(hosted.disk, 'NOTE    TXT')!)).toBe('hello\n');
});
