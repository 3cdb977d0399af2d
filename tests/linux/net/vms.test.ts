/** VMs of two hosts on one link, as their hosts' tools see them. */
import { expect, test } from 'vitest';
import { decodeUtf8 } from '../../../src/base/index.ts';
import '../../../src/world/virtualization.ts';
import type { HostSpec } from '../../../src/world/index.ts';
import { type NetworkWorld, networkWorld } from '../../support/networkWorld.ts';

const MIB = 2 ** 20;

const domain = (name: string, address: string, source: string) => `<domain type='kvm'><name>${name}</name>
<memory unit='MiB'>8</memory><os><type>hvm</type><kernel>/usr/share/virtbook/kernel</kernel>
<initrd>/usr/share/virtbook/initramfs</initrd><cmdline>hostname=${name} ip=${address}/24</cmdline></os>
<devices><interface type='bridge'><mac address='52:54:00:00:00:${address.split('.')[3]}'/><source bridge='${source}'/></interface><console type='pty'/></devices></domain>`;

function host(name: string, number: number, vms: readonly string[]): HostSpec {
  return {
    name,
    hypervisor: { memory: 32 * MIB },
    network: {
      devices: [
        { name: 'eth0', mac: `02:00:00:00:00:0${number}`, master: 'br0' },
        { name: 'br0', kind: 'bridge', addresses: [`10.0.0.${number}/24`] },
      ],
    },
    files: Object.fromEntries(
      vms.map((vm, i) => [`/root/${vm}.xml`, domain(vm, `10.0.0.${number}${i}`, 'br0')]),
    ),
    setup: vms.map((vm) => `virsh define /root/${vm}.xml; virsh start ${vm}`).join('\n'),
  };
}

function twoHosts(): NetworkWorld {
  const made = networkWorld({
    hosts: [host('one', 1, ['web', 'cache']), host('two', 2, ['db'])],
    cables: [{ between: ['one/eth0', 'two/eth0'], delay: 1_000_000 }],
  });
  made.advance(1);
  return made;
}

test('taps, their bridge and the card are devices of the host', () => {
  const { sh } = twoHosts();
  expect(sh('one', 'ip -br link')).toBe(`\
lo               UNKNOWN        00:00:00:00:00:00 <LOOPBACK,UP,LOWER_UP> 
eth0             UP             02:00:00:00:00:01 <BROADCAST,MULTICAST,UP,LOWER_UP> 
br0              UP             02:00:00:00:00:01 <BROADCAST,MULTICAST,UP,LOWER_UP> 
virbr0           DOWN           52:54:00:00:76:43 <NO-CARRIER,BROADCAST,MULTICAST,UP> 
vnet0            UNKNOWN        fe:54:00:00:00:10 <BROADCAST,MULTICAST,UP,LOWER_UP> 
vnet1            UNKNOWN        fe:54:00:00:00:11 <BROADCAST,MULTICAST,UP,LOWER_UP> 
`);
  expect(sh('one', 'bridge link')).toBe(`\
2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 master br0 state forwarding priority 32 cost 2 
5: vnet0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 master br0 state forwarding priority 32 cost 2 
6: vnet1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 master br0 state forwarding priority 32 cost 2 
`);
  sh('one', 'virsh destroy web');
  expect(sh('one', 'ip link show vnet0')).toBe('Device "vnet0" does not exist.\n[1]\n');
});

test('a frame from a host to a VM of the other one is seen at the card, the bridge and the tap', () => {
  const { sh, world } = twoHosts();
  expect(sh('one', 'ping -c 1 10.0.0.20')).toMatch(
    /64 bytes from 10\.0\.0\.20: icmp_seq=1 ttl=64 time=4\.\d\d ms/,
  );
  const learned = '52:54:00:00:00:20 dev vnet0 master br0 \n';
  expect(sh('two', 'bridge fdb show br br0 state learned')).toBe(
    `02:00:00:00:00:01 dev eth0 master br0 \n${learned}`,
  );
  const seen = new Map<string, string>();
  for (const device of ['eth0', 'br0', 'vnet0']) {
    let text = '';
    world.host('two').spawn({
      argv: ['/usr/bin/tcpdump', '-i', device, '-n', '-t', '-e', '-c', '1', 'icmp'],
      onOutput: (bytes) => {
        text += decodeUtf8(bytes);
        seen.set(device, text);
      },
    });
  }
  sh('one', 'ping -c 1 10.0.0.20');
  const request =
    /02:00:00:00:00:01 > 52:54:00:00:00:20, ethertype IPv4 \(0x0800\), length 98: 10\.0\.0\.1 > 10\.0\.0\.20: ICMP echo request, id \d+, seq 1, length 64\n/;
  expect(seen.get('eth0')).toMatch(request);
  expect(seen.get('vnet0')).toMatch(request);
  // The frame is not for the bridge's own device, but a capture makes that one promiscuous.
  expect(seen.get('br0')).toMatch(request);
});

test('a VM whose tap is on no bridge is not reached, until it is put there', () => {
  const { sh } = twoHosts();
  sh('one', 'ip link set vnet0 nomaster');
  expect(sh('two', 'ping -c 1 -W 1 10.0.0.10')).toContain('1 packets transmitted, 0 received');
  expect(sh('one', 'bridge link')).not.toContain('vnet0');
  sh('one', 'ip link set vnet0 master br0');
  expect(sh('two', 'ping -c 1 10.0.0.10')).toContain('1 received, 0% packet loss');
});

test('the same world twice is the same, and a power cycle plugs the cable in again', () => {
  const run = () => {
    const { sh, world, advance } = twoHosts();
    sh('one', 'ping -c 2 10.0.0.2');
    sh('two', 'ip addr add 10.0.0.99/24 dev br0');
    world.powerCycle('two');
    advance(3);
    expect(sh('two', 'ip -br -4 addr show br0')).toBe('br0              UP             10.0.0.2/24 \n');
    expect(sh('one', 'ping -c 1 10.0.0.2')).toContain('1 received');
    return world.hash();
  };
  expect(run()).toBe(run());
});
