/** Network cards of domains: their definition, their taps in the host's bridge, and what goes over them. */
import { describe, expect, test } from 'vitest';
import { formatDomain, parseDomain } from '../../src/libvirt/index.ts';
import { domainXml, type VmHost, type VmTerminal, vmHost } from '../support/vmHost.ts';

const nic = (mac: string, inner = '') =>
  `<interface type='network'><mac address='${mac}'/><source network='default'/>${inner}<model type='virtio'/></interface>`;

const GUEST = (name: string, address: string, devices: string) => `<domain type='kvm'><name>${name}</name>
<memory unit='MiB'>8</memory><os><type>hvm</type><kernel>/usr/share/virtbook/kernel</kernel>
<initrd>/usr/share/virtbook/initramfs</initrd><cmdline>hostname=${name} ip=${address}/24</cmdline></os>
<devices>${devices}<console type='pty'/></devices></domain>`;

function twoGuests(): VmHost {
  const vms = vmHost(
    {
      '/tmp/a.xml': GUEST('alice', '10.0.0.1', nic('52:54:00:00:00:0a')),
      '/tmp/b.xml': GUEST('bob', '10.0.0.2', nic('52:54:00:00:00:0b')),
    },
    { memory: 2 ** 25 },
  );
  vms.out('for i in a b; do virsh define $i.xml; done; virsh start alice; virsh start bob');
  vms.advance(1);
  return vms;
}

function login(vms: VmHost, name: string): VmTerminal {
  const terminal = vms.terminal();
  terminal.type(`virsh console ${name}\r`);
  terminal.type('root\r');
  return terminal;
}

describe('definitions', () => {
  const parsed = (devices: string, os = '') =>
    parseDomain(domainXml('x', { devices }).replace('<type>hvm</type>', `<type>hvm</type>${os}`));

  test.each([
    [
      "<interface><source network='default'/></interface>",
      "Missing required attribute 'type' in element 'interface'",
    ],
    [
      "<interface type='network'/>",
      "Missing required attribute 'network' in element 'source' of an interface (line 5)",
    ],
    [nic('52:54:00:00:00'), "XML error: unable to parse mac address '52:54:00:00:00'"],
    [
      nic('01:00:5e:00:00:01'),
      "XML error: expected unicast mac address, found multicast '01:00:5e:00:00:01'",
    ],
    [nic('52:54:00:00:00:01', "<boot order='0'/>"), "incorrect boot order '0', expecting positive integer"],
    [
      nic('52:54:00:00:00:01').replace("type='network'", "type='user'"),
      "'user' as <interface> (line 5) is not simulated",
    ],
    [nic('52:54:00:00:00:01').replace("'virtio'", "'e1000'"), "'e1000' as <model> (line 5) is not simulated"],
    [nic('52:54:00:00:00:01', '<mtu size="9000"/>'), '<mtu> in <interface> (line 5) is not simulated'],
    [nic('52:54:00:00:00:01').repeat(9), '0 disks and 9 interfaces: the machine has 8 virtio slots'],
    [nic('52:54:00:00:00:01', "<boot order='1'/>").repeat(2), "boot order '1' used for more than one device"],
  ])('%s', (devices, error) => {
    expect(() => parsed(devices)).toThrow(error);
  });

  test('the order of booting is said in one way only', () => {
    const ordered = nic('52:54:00:00:00:01', "<boot order='1'/>");
    expect(() => parsed(ordered, "<boot dev='hd'/>")).toThrow(
      'per-device boot elements cannot be used together with os/boot elements',
    );
    expect(() => parsed('', "<boot dev='cdrom'/>")).toThrow("'cdrom' as <boot>");
    expect(() => parsed('', "<boot dev='tape'/>")).toThrow("unknown boot device 'tape'");
  });

  test('what was read is written again', () => {
    const config = parsed(nic('52:54:00:00:00:01', "<target dev='tap7'/><boot order='2'/>"));
    expect(parseDomain(formatDomain(config, null))).toEqual(config);
    expect(formatDomain(config, { id: 1, taps: ['tap7'] })).toContain(
      `    <interface type='network'>
      <mac address='52:54:00:00:00:01'/>
      <source network='default'/>
      <target dev='tap7'/>
      <model type='virtio'/>
      <boot order='2'/>
      <address type='virtio-mmio'/>
    </interface>
`,
    );
  });

  test('a card without an address is given one that nobody has, and keeps it', () => {
    const none = "<interface type='bridge'><source bridge='virbr0'/></interface>";
    const vms = vmHost({
      '/tmp/a.xml': domainXml('a', { devices: none + none }),
      '/tmp/b.xml': domainXml('b', { devices: none }),
    });
    vms.out('virsh define a.xml; virsh define b.xml');
    const macs = vms.out('virsh domiflist a; virsh domiflist b').match(/52:54:00(:[0-9a-f]{2}){3}/g)!;
    expect(new Set(macs).size).toBe(3);
    vms.out('virsh start a; virsh destroy a');
    expect(vms.out('virsh dumpxml a').match(/52:54:00(:[0-9a-f]{2}){3}/g)).toEqual(macs.slice(0, 2));
  });
});

describe('on the host', () => {
  test('two guests reach each other through the bridge, and their cards count what went over them', () => {
    const vms = twoGuests();
    const alice = login(vms, 'alice');
    alice.take();
    alice.type('ping -c 3 10.0.0.2\r', 4);
    expect(alice.take()).toContain('3 packets transmitted, 3 received');
    const stats = vms.out('virsh domifstat alice vnet0');
    expect(stats.split('\n').map((line) => line.replace(/\d+$/, ''))).toEqual([
      ...['vnet0 rx_bytes ', 'vnet0 rx_packets ', 'vnet0 rx_errs ', 'vnet0 rx_drop '],
      ...['vnet0 tx_bytes ', 'vnet0 tx_packets ', 'vnet0 tx_errs ', 'vnet0 tx_drop ', '', ''],
    ]);
    // A question for the address and three packets, each answered.
    expect(stats).toMatch(/rx_packets 4\n[\s\S]*tx_packets 4\n/);
  });

  test('words', () => {
    const vms = twoGuests();
    expect(vms.out('virsh domiflist alice')).toBe(
      ` Interface   Type      Source    Model    MAC
-------------------------------------------------------------
 vnet0       network   default   virtio   52:54:00:00:00:0a

`,
    );
    vms.out('virsh destroy alice');
    expect(vms.out('virsh domiflist alice')).toContain(' -           network   default   virtio ');
    expect(vms.sh('virsh domifstat alice vnet0').err).toBe(
      'error: Failed to get interface stats alice vnet0\nerror: Requested operation is not valid: domain is not running\n',
    );
    expect(vms.sh('virsh domifstat bob vnet7').err).toBe(
      "error: Failed to get interface stats bob vnet7\nerror: invalid argument: invalid path, 'vnet7' is not a known interface\n",
    );
  });

  test('what a cable cannot be plugged into is told, and nothing is left of the start', () => {
    const vms = vmHost({
      '/tmp/a.xml': domainXml('a', {
        devices: nic('52:54:00:00:00:01') + nic('52:54:00:00:00:02').replace('default', 'isolated'),
      }),
      '/tmp/b.xml': domainXml('b', {
        devices: "<interface type='bridge'><source bridge='br7'/></interface>",
      }),
      '/tmp/c.xml': domainXml('c', { devices: nic('52:54:00:00:00:01', "<target dev='tap0'/>").repeat(2) }),
    });
    vms.out('for i in a b c; do virsh define $i.xml; done');
    expect(vms.sh('virsh start a').err).toContain(
      "Network not found: no network with matching name 'isolated'",
    );
    expect(vms.sh('virsh start b').err).toContain("Cannot get interface MTU on 'br7': No such device");
    expect(vms.sh('virsh start c').err).toContain('Unable to create tap device tap0: File exists');
    expect(JSON.stringify(vms.host.dump())).not.toContain('vnet');
    expect(vms.out('ps -e -o comm')).not.toContain('qemu');
  });

  test('with its process a domain’s taps go', () => {
    const vms = twoGuests();
    const names = () => vms.out('ip -br link').match(/^vnet\d+/gm);
    expect(names()).toEqual(['vnet0', 'vnet1']);
    vms.out('kill -9 $(ps -eo pid,args | grep guest=alice | grep -v grep | (read pid rest; echo $pid))');
    vms.advance(1);
    expect(names()).toEqual(['vnet1']);
    vms.out('virsh start alice');
    expect(names()).toEqual(['vnet1', 'vnet2']);
  });

  test('a paused guest does not answer, and does again when it goes on', () => {
    const vms = twoGuests();
    vms.out('virsh suspend bob');
    const alice = login(vms, 'alice');
    alice.take();
    alice.type('ping -c 2 10.0.0.2\r', 6);
    expect(alice.take()).toContain('2 packets transmitted, 0 received');
    vms.out('virsh resume bob');
    alice.type('ping -c 1 10.0.0.2\r', 3);
    expect(alice.take()).toContain('1 packets transmitted, 1 received');
  });
});
