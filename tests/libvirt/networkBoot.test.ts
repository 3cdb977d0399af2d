/** Domains that boot over the network `default` of their host, and domains whose start somebody else's function decides. */
import { expect, test } from 'vitest';

import {
  type Boot,
  bootableDisk,
  bootInOrder,
  guestInitramfs,
  guestKernel,
  loaderConfiguration,
  loaderImage,
} from '../../src/hypervisor/index.ts';
import { diskXml, vmHost } from '../support/vmHost.ts';

const NIC =
  "<interface type='network'><mac address='52:54:00:00:00:05'/><source network='default'/></interface>";
const domain = (devices: string, os = '') => `<domain type='kvm'><name>web</name><memory unit='MiB'>8</memory>
<os><type>hvm</type>${os}</os><devices>${devices}<console type='pty'/></devices></domain>`;

const ROOT = '/var/lib/tftpboot';
const FILES = {
  [`${ROOT}/loader.bin`]: { content: loaderImage() },
  [`${ROOT}/vmlinux`]: { content: guestKernel() },
  [`${ROOT}/initrd.img`]: { content: guestInitramfs() },
};
const networkBoot = { tftpRoot: ROOT, bootFile: 'loader.bin' };

test('a domain boots over the network once the host’s files are right, and its guest has an address', () => {
  const vms = vmHost(
    { ...FILES, '/tmp/web.xml': domain(NIC, "<boot dev='network'/>") },
    { hypervisor: { networkBoot } },
  );
  vms.out('virsh define web.xml');
  const terminal = vms.terminal();
  terminal.type('virsh start web --console\r', 5);
  const failed = terminal.take().replaceAll('\r\n', '\n');
  expect(failed).toContain('loader: no configuration file (pxelinux.cfg/default) is there\n');
  expect(failed).toContain('No bootable device.');
  terminal.type('\u001d');
  const configuration = loaderConfiguration('hostname=far ip=dhcp', {
    kernel: 'vmlinux',
    initramfs: 'initrd.img',
  });
  vms.out(
    `mkdir ${ROOT}/pxelinux.cfg; cat >${ROOT}/pxelinux.cfg/default <<'END'\n${configuration}END\nvirsh destroy web`,
  );
  terminal.type('virsh start web --console\r', 5);
  const booted = terminal.take();
  expect(booted).toContain('far login: ');
  expect(booted).toContain('dhcp: 192.168.122.2/24, gateway 192.168.122.1, from 192.168.122.1');
  const lines = vms.world.trace.since(0, 'dnsmasq.log').map(({ detail }) => detail.line);
  expect(lines).toContain('DHCPACK(virbr0) 192.168.122.2 52:54:00:00:00:05');
  expect(lines).toContain('sent /vmlinux to 192.168.122.2');
});

test('without a boot file the network gives addresses alone', () => {
  const vms = vmHost({ '/tmp/web.xml': domain(NIC, "<boot dev='network'/>") });
  vms.out('virsh define web.xml');
  const terminal = vms.terminal();
  terminal.type('virsh start web --console\r', 3);
  expect(terminal.take()).toContain('net0: passed over: the DHCP server named no boot file');
});

test('a function that stands in for the ROM is asked at each start, with the domain’s devices in its order', () => {
  const asked: unknown[] = [];
  const policy: Boot = (devices, order, memory) => {
    asked.push([devices.map(({ name, slot, kind }) => [name, slot, kind]), order]);
    return bootInOrder(devices, order, memory);
  };
  const disk = bootableDisk({ commandLine: 'hostname=near root=/dev/vdb1' });
  const vms = vmHost(
    {
      '/srv/empty.img': { content: new Uint8Array(65_536) },
      '/srv/boot.img': { content: disk.read(0, disk.size) },
      '/tmp/web.xml': domain(
        diskXml('/srv/empty.img', 'vda', 'raw', "<boot order='1'/>") +
          diskXml('/srv/boot.img', 'vdb', 'raw', "<boot order='3'/>") +
          NIC,
      ),
    },
    { hypervisor: { boots: (vm) => (vm === 'web' ? policy : null) } },
  );
  vms.out('virsh define web.xml');
  const terminal = vms.terminal();
  terminal.type('virsh start web --console\r', 3);
  const said = terminal.take().replaceAll('\r\n', '\n');
  expect(said).toContain(
    'vda: passed over: no boot signature (0x55 0xaa) at the end of sector 0\nvdb: starting at 0x80180000\nVirtbook loader\n',
  );
  expect(said).toContain('near login: ');
  vms.out('virsh reset web');
  vms.advance(3);
  const devices = [
    ['vda', 0, 'disk'],
    ['vdb', 1, 'disk'],
    ['net0', 2, 'network'],
  ];
  expect(asked).toEqual([
    [devices, ['vda', 'vdb']],
    [devices, ['vda', 'vdb']],
  ]);
});
