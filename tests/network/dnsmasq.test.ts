/** dnsmasq on a bridge: machines get addresses and boot files there. */
import { describe, expect, test } from 'vitest';
import { encodeUtf8, SECOND } from '../../src/base/index.ts';
import {
  firmwareImage,
  guestInitramfs,
  guestKernel,
  Hypervisor,
  loaderConfiguration,
  loaderImage,
} from '../../src/hypervisor/index.ts';
import { NetDevice, PhysicalMemory } from '../../src/machine/index.ts';
import {
  type DhcpServerConfig,
  Dnsmasq,
  formatIpv4,
  parseIpv4,
  plugIntoTap,
  TapDevice,
} from '../../src/network/index.ts';
import { NetworkWorld } from '../support/networkHosts.ts';

const address = (text: string) => parseIpv4(text)!;
const MAC = '52:54:00:00:00:05';

const CONFIG: DhcpServerConfig = {
  address: address('192.168.122.1'),
  prefixLength: 24,
  range: [address('192.168.122.100'), address('192.168.122.101')],
  hosts: new Map(),
  routers: [address('192.168.122.1')],
  nameServers: [],
  domain: null,
  leaseTime: 3600,
  bootFile: 'boot/loader.bin',
  nextServer: null,
};

const FILES: Readonly<Record<string, Uint8Array>> = {
  'boot/loader.bin': loaderImage(),
  'boot/vmlinux': guestKernel(),
  'boot/initrd.img': guestInitramfs(),
  'boot/pxelinux.cfg/default': encodeUtf8(
    loaderConfiguration('hostname=far ip=dhcp', { kernel: 'vmlinux', initramfs: 'initrd.img' }),
  ),
};

/** A host with virbr0, dnsmasq on it, and a VM whose card is plugged into the bridge. */
function bridged(options: { config?: Partial<DhcpServerConfig>; files?: typeof FILES | null } = {}) {
  const { config = {}, files = FILES } = options;
  const world = new NetworkWorld();
  const host = world.host('host');
  const bridge = world.bridge(host, 'virbr0');
  host.addresses.add(bridge, CONFIG.address, 24);
  const dnsmasq = new Dnsmasq({
    namespace: host,
    device: bridge,
    dhcp: { ...CONFIG, ...config },
    tftp: files === null ? null : (path) => files[path] ?? null,
  });
  dnsmasq.start();
  const tap = new TapDevice(world.context, 'vnet0');
  host.add(tap);
  bridge.addPort(tap);
  tap.setUp(true);
  const hypervisor = new Hypervisor({
    memory: new PhysicalMemory({ size: 16 * 2 ** 20 }),
    queue: world.queue,
    embedded: true,
  });
  let output = '';
  const cable = plugIntoTap(tap, () => card);
  const card: NetDevice = new NetDevice('net0', Uint8Array.of(0x52, 0x54, 0, 0, 0, 5), cable);
  const vm = hypervisor.createVm({
    name: 'vm',
    memory: 8 * 2 ** 20,
    vcpus: 1,
    slots: [card],
    output: (bytes) => {
      output += new TextDecoder('latin1').decode(bytes);
    },
  });
  vm.boot(firmwareImage());
  hypervisor.wake();
  return {
    world,
    host,
    bridge,
    dnsmasq,
    lines: () => world.trace.since(0, 'dnsmasq.log').map(({ detail }) => detail.line),
    until(text: string, seconds = 30): string {
      const end = world.queue.now + seconds * SECOND;
      while (!output.includes(text) && world.queue.now < end) world.run(SECOND / 100);
      expect(output).toContain(text);
      return output.replaceAll('\r\n', '\n');
    },
  };
}

describe('a VM on a bridge with dnsmasq', () => {
  test('boots over the network, and its guest gets the same address', () => {
    const { until, dnsmasq, lines, world } = bridged();
    const log = until('far login: ');
    expect(log).toContain(
      'net0: 192.168.122.100 netmask 255.255.255.0 gateway 192.168.122.1, boot server 192.168.122.1, boot file "boot/loader.bin"\n',
    );
    expect(log).toContain('dhcp: 192.168.122.100/24, gateway 192.168.122.1, from 192.168.122.1\n');
    expect(lines().slice(0, 6)).toEqual([
      `DHCPDISCOVER(virbr0) ${MAC}`,
      `DHCPOFFER(virbr0) 192.168.122.100 ${MAC}`,
      `DHCPREQUEST(virbr0) 192.168.122.100 ${MAC}`,
      `DHCPACK(virbr0) 192.168.122.100 ${MAC}`,
      'sent /boot/loader.bin to 192.168.122.100',
      'file /boot/pxelinux.cfg/01-52-54-00-00-00-05 not found for 192.168.122.100',
    ]);
    const [lease] = dnsmasq.leases(world.queue.now);
    expect([lease!.mac, formatIpv4(lease!.address)]).toEqual([MAC, '192.168.122.100']);
  });

  test('without a boot file, and without TFTP, says so on its console', () => {
    expect(bridged({ config: { bootFile: null } }).until('No bootable device.')).toContain(
      'net0: passed over: the DHCP server named no boot file\n',
    );
    expect(bridged({ files: null }).until('No bootable device.')).toContain(
      'net0: passed over: no answer from the TFTP server\n',
    );
  });

  test('gets nothing when no address is left, or dnsmasq has been stopped', () => {
    const full = bridged({ config: { range: null } });
    full.until('net0: passed over: no DHCP server offered an address\n'.trim());
    expect(full.lines().slice(0, 2)).toEqual([
      `DHCPDISCOVER(virbr0) ${MAC}`,
      `DHCPDISCOVER(virbr0) ${MAC} no address available`,
    ]);
    const stopped = bridged();
    stopped.dnsmasq.stop();
    stopped.until('net0: passed over: no DHCP server offered an address');
    expect(stopped.lines()).toEqual([]);
  });
});

describe('its ports', () => {
  test('are its own while it runs', () => {
    const { dnsmasq, host } = bridged();
    const other = () => host.udp.open().bind(0, 69);
    expect(other).toThrow(expect.objectContaining({ code: 'EADDRINUSE' }));
    dnsmasq.stop();
    expect(other).not.toThrow();
    expect(() => dnsmasq.start()).toThrow(expect.objectContaining({ code: 'EADDRINUSE' }));
    expect([...host.udp.ports.at(67)]).toEqual([]);
  });

  test('a path that leads out of the root names nothing', () => {
    const asked: string[] = [];
    const world = new NetworkWorld();
    const host = world.host('host');
    const dnsmasq = new Dnsmasq({
      namespace: host,
      device: host.loopback,
      dhcp: CONFIG,
      tftp: (path) => {
        asked.push(path);
        return null;
      },
    });
    dnsmasq.start();
    const client = host.udp.open();
    for (const name of ['/a//b', '../etc/shadow', 'a/../../b', './c'])
      client.send(encodeUtf8(`\0\x01${name}\0octet\0`), { address: address('127.0.0.1'), port: 69 });
    world.run(SECOND);
    expect(asked).toEqual(['a/b', '', '', 'c']);
  });
});
