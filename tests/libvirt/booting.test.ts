/** Domains without a kernel: the boot ROM looks on their devices, in the order that the definition says. */
import { describe, expect, test } from 'vitest';
import { bootableDisk } from '../../src/hypervisor/index.ts';
import { bootSlots, parseDomain } from '../../src/libvirt/index.ts';
import { diskXml, vmHost } from '../support/vmHost.ts';

const NIC = "<interface type='network'><source network='default'/></interface>";
const order = (n: number) => `<boot order='${n}'/>`;
const domain = (devices: string, os = '') => `<domain type='kvm'><name>web</name><memory unit='MiB'>8</memory>
<os><type>hvm</type>${os}</os><devices>${devices}<console type='pty'/></devices></domain>`;

function image(hostname: string): Uint8Array {
  const disk = bootableDisk({ commandLine: `hostname=${hostname} root=/dev/vda1` });
  return disk.read(0, disk.size);
}

describe('the order', () => {
  const slots = (devices: string, os = '') => bootSlots(parseDomain(domain(devices, os)));
  const disks = diskXml('/a', 'vda', 'raw') + diskXml('/b', 'vdb', 'raw');

  test.each([
    ['nothing said: the first disk', disks + NIC, '', [0]],
    ['the network before the disk', disks + NIC, "<boot dev='network'/><boot dev='hd'/>", [2, 0]],
    ['a network that is not there', disks, "<boot dev='network'/><boot dev='hd'/>", [0]],
    [
      'devices, by their numbers',
      diskXml('/a', 'vda', 'raw', order(9)) + diskXml('/b', 'vdb', 'raw', order(2)),
      '',
      [1, 0],
    ],
    ['a kernel needs none', disks, '<kernel>/k</kernel>', []],
  ])('%s', (_, devices, os, expected) => {
    expect(slots(devices, os)).toEqual(expected);
  });
});

test('a guest comes up from its disk, and from another one when that is asked first', () => {
  const vms = vmHost({
    '/srv/first.img': { content: image('first') },
    '/srv/second.img': { content: image('second') },
    '/tmp/web.xml': domain(
      diskXml('/srv/first.img', 'vda', 'raw') + diskXml('/srv/second.img', 'vdb', 'raw'),
    ),
    '/tmp/other.xml': domain(
      diskXml('/srv/first.img', 'vda', 'raw', order(2)) + diskXml('/srv/second.img', 'vdb', 'raw', order(1)),
    ),
  });
  const terminal = vms.terminal();
  vms.out('virsh define web.xml; virsh dumpxml web >web.xml');
  expect(vms.out('cat web.xml')).toContain("<boot dev='hd'/>");
  terminal.type('virsh start web --console\r', 3);
  expect(terminal.take()).toContain('first login: ');
  terminal.type('\u001d');
  vms.out('virsh destroy web');
  vms.out('virsh undefine web; virsh define other.xml');
  terminal.type('virsh start web --console\r', 3);
  expect(terminal.take()).toContain('second login: ');
  expect(vms.out('cat /var/log/libvirt/qemu/web.log')).toContain('"bootindex":1');
});

test('a disk without a boot sector is passed over, and said so', () => {
  const vms = vmHost({
    '/srv/empty.img': { content: new Uint8Array(2 ** 20) },
    '/tmp/web.xml': domain(diskXml('/srv/empty.img', 'vda', 'raw')),
  });
  const terminal = vms.terminal();
  terminal.type('virsh create /tmp/web.xml --console\r', 2);
  expect(terminal.take()).toMatch(
    /boot order: vda\r\nvda: passed over: no boot signature .*\r\nNo bootable device\.\r\n/,
  );
});
