/**
 * Two hosts with two VMs each and a cable between them; the tap of `web` is on no bridge. Behind `north` lies the outside. The hosts have
 * a cable of their own as well, by which VMs are migrated.
 */
import type { FileTree, Scenario } from '../../../src/exercise/index.ts';

const MIB = 2 ** 20;
const student = { uid: 1000, gid: 1000 };

interface Guest {
  readonly name: string;
  readonly host: 'north' | 'south';
  /** The last byte of its addresses. */
  readonly number: number;
}

const GUESTS: readonly Guest[] = [
  { name: 'web', host: 'north', number: 0x0a },
  { name: 'cache', host: 'north', number: 0x0b },
  { name: 'db', host: 'south', number: 0x0c },
  { name: 'log', host: 'south', number: 0x0d },
];

const ip = (number: number) => `10.0.0.${number}`;
const mac = (number: number) => `52:54:00:00:00:${number.toString(16).padStart(2, '0')}`;

/** north itself, the VMs' way out. */
const GATEWAY = '10.0.0.1';
/** north's address on the outside, and a server there. */
export const NORTH_OUTSIDE = '198.51.100.2';
export const OUTSIDE = '203.0.113.7';
export const WEB = ip(0x0a);
export const DB = ip(0x0c);
export const WEB_MAC = mac(0x0a);

const domain = ({ name, number }: Guest) => `<domain type='kvm'>
  <name>${name}</name>
  <memory unit='MiB'>8</memory>
  <os>
    <type>hvm</type>
    <kernel>/usr/share/virtbook/kernel</kernel>
    <initrd>/usr/share/virtbook/initramfs</initrd>
    <cmdline>hostname=${name} ip=${ip(number)}/24,gw=${GATEWAY}</cmdline>
  </os>
  <devices>
    <interface type='bridge'>
      <mac address='${mac(number)}'/>
      <source bridge='br0'/>
      <model type='virtio'/>
    </interface>
    <console type='pty'/>
  </devices>
</domain>
`;

const readme = `Four VMs, two hosts, one cable:

  web    ${ip(0x0a)}  ${mac(0x0a)}  on north      cache  ${ip(0x0b)}  ${mac(0x0b)}  on north
  db     ${ip(0x0c)}  ${mac(0x0c)}  on south      log    ${ip(0x0d)}  ${mac(0x0d)}  on south

On each host a switch, br0, joins the VMs' taps and the card eth0, which the
cable is plugged into. north is the VMs' gateway (${GATEWAY}) as well: what leaves
by its card eth1 gets its own address, ${NORTH_OUTSIDE}. ${OUTSIDE} is a
server outside.

  virsh console web           log in as root; leave with Ctrl-]
  virsh domiflist web         which tap is web's
  ip -br link                 the devices of the host, with their addresses
  bridge link                 ports of switches
  bridge fdb show br br0      the table of br0
  sudo nft list ruleset       what north does to packets that pass
  sudo tcpdump -n -e -i DEVICE icmp   pings that cross a device; without icmp: all

1. In web, ping -c 1 ${DB} fails. Follow its frame: as far as where does it
   come? Put that right; sudo ip link set DEVICE master BRIDGE makes a device
   a port of a switch. web is to reach db, and ${OUTSIDE}.

2. While web pings db, catch its frames at three places on north: at web's tap
   in ~/tap.pcap, at the switch in ~/bridge.pcap, at the card in ~/nic.pcap.
   (sudo tcpdump -i DEVICE -c 2 -w FILE icmp & goes on in the background until
   it has two frames.)

3. vswitch.ts is the switch: both hosts ask your function about each frame
   that crosses their br0. As it is, it sends everything everywhere. Watch at
   cache's tap what is none of its business; then let the switch learn.

4. Move web to the other host while it runs (the hosts have a cable of their
   own for that), and look at the table of north before and after:
   sudo virsh migrate --live web qemu+tcp://south/system
   Which frame has told the switch? Does cache still reach web?
`;

const motd = (host: string) => `This is ${host}, with the VMs ${GUESTS.filter((each) => each.host === host)
  .map(({ name }) => `"${name}"`)
  .join(' and ')}.
README.txt says what there is to do.
`;

/** What leaves by eth1 gets the host's own address there. */
const nftables = `table ip nat {
	chain postrouting {
		type nat hook postrouting priority srcnat; policy accept;
		oifname "eth1" masquerade
	}
}
`;

const AT_BOOT = '/etc/init.d/20-network';
const switchScript = `#!/bin/sh
ip link set br0 type bridge vlan_filtering 1
`;

const start = (host: string) =>
  GUESTS.filter((guest) => guest.host === host)
    .map(
      ({ name }) => `virsh define /usr/share/virtbook/${name}.xml >/dev/null\nvirsh start ${name} >/dev/null`,
    )
    .join('\n');

/** The hosts' own network, apart from the VMs'. */
const hosts = '127.0.0.1 localhost\n192.168.7.1 north\n192.168.7.2 south\n';

const files = (host: string): FileTree => ({
  ...Object.fromEntries(
    GUESTS.filter((guest) => guest.host === host).map((guest) => [
      `/usr/share/virtbook/${guest.name}.xml`,
      domain(guest),
    ]),
  ),
  '/etc/hosts': { content: hosts },
  '/home/student/README.txt': { content: readme, ...student },
});

export const scenario = (): Scenario => ({
  hosts: [
    {
      name: 'north',
      user: 'student',
      motd: motd('north'),
      hypervisor: { memory: 36 * MIB },
      network: {
        devices: [
          { name: 'eth0', mac: '02:00:00:00:01:00', master: 'br0' },
          { name: 'eth1', mac: '02:00:00:00:01:01', addresses: [`${NORTH_OUTSIDE}/24`] },
          { name: 'eth2', mac: '02:00:00:00:01:02', addresses: ['192.168.7.1/24'] },
          { name: 'br0', kind: 'bridge', addresses: [`${GATEWAY}/24`] },
        ],
        routes: [{ to: 'default', via: '198.51.100.1' }],
        forward: true,
        traceFrames: true,
      },
      files: {
        ...files('north'),
        '/etc/nftables.conf': nftables,
        [AT_BOOT]: { content: `${switchScript}nft -f /etc/nftables.conf\n`, mode: 0o755 },
      },
      // web's tap ends up nowhere, as after a slip of somebody's.
      setup: `${start('north')}\nsleep 0.3\nip link set vnet0 nomaster\n`,
    },
    {
      name: 'south',
      user: 'student',
      motd: motd('south'),
      hypervisor: { memory: 36 * MIB },
      network: {
        devices: [
          { name: 'eth0', mac: '02:00:00:00:02:00', master: 'br0' },
          { name: 'eth1', mac: '02:00:00:00:02:01', addresses: ['192.168.7.2/24'] },
          { name: 'br0', kind: 'bridge' },
        ],
      },
      files: { ...files('south'), [AT_BOOT]: { content: switchScript, mode: 0o755 } },
      setup: `${start('south')}\nsleep 0.3\n`,
    },
    {
      name: 'outside',
      network: {
        devices: [{ name: 'eth0', addresses: ['198.51.100.1/24', `${OUTSIDE}/32`] }],
      },
    },
  ],
  cables: [
    { between: ['north/eth0', 'south/eth0'] },
    { between: ['north/eth1', 'outside/eth0'] },
    { between: ['north/eth2', 'south/eth1'] },
  ],
});
