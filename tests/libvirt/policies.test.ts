/** Decisions of a host's hypervisor by somebody else's functions, tried by mallory's programs in a real guest. */
import { describe, expect, test } from 'vitest';
import type { Forward, MapBlock, PickVcpu, PolicyFault, Translate } from '../../src/hypervisor/index.ts';
import { formatDomain, type HostPolicies, parseDomain } from '../../src/libvirt/index.ts';
import { type VmHost, type VmTerminal, vmHost } from '../support/vmHost.ts';

const MIB = 2 ** 20;
const ALL = { read: true, write: true, execute: true };
/** Sectors of each VM's disk; the two lie one after the other in pool.img. */
const SECTORS = 64;

const guest = (name: string, number: number, vlan: number) => `<domain type='kvm'><name>${name}</name>
<memory unit='MiB'>8</memory><os><type>hvm</type><kernel>/usr/share/virtbook/kernel</kernel>
<initrd>/usr/share/virtbook/initramfs</initrd><cmdline>hostname=${name} ip=10.0.0.${number}/24</cmdline></os>
<devices><disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='/srv/pool.img'>
<slices><slice type='storage' offset='${number * SECTORS * 512}' size='${SECTORS * 512}'/></slices></source>
<target dev='vda' bus='virtio'/><shareable/></disk>
<interface type='bridge'><mac address='52:54:00:00:00:0${number}'/><source bridge='virbr0'/>
<vlan><tag id='${vlan}'/></vlan><model type='virtio'/></interface><console type='pty'/></devices></domain>`;

interface Tried {
  readonly vms: VmHost;
  readonly alice: VmTerminal;
  readonly mallory: VmTerminal;
}

/** mallory before alice, in memory and on the volume. */
function guests(policies: HostPolicies, vlans: readonly [number, number] = [1, 1]): Tried {
  const pool = new Uint8Array(2 * SECTORS * 512);
  pool.set(new TextEncoder().encode('the secret of alice'), SECTORS * 512);
  const vms = vmHost(
    {
      '/tmp/m.xml': guest('mallory', 0, vlans[0]),
      '/tmp/a.xml': guest('alice', 1, vlans[1]),
      '/srv/pool.img': { content: pool },
    },
    { memory: 24 * MIB, hypervisor: { policies } },
  );
  vms.out('for i in m a; do virsh define $i.xml; done; virsh start mallory; virsh start alice');
  vms.advance(1);
  const login = (name: string) => {
    const terminal = vms.terminal();
    terminal.type(`virsh console ${name}\r`);
    terminal.type('root\r');
    terminal.take();
    return terminal;
  };
  return { vms, alice: login('alice'), mallory: login('mallory') };
}

function said(terminal: VmTerminal, line: string, seconds = 1): string {
  terminal.take();
  terminal.type(`${line}\r`, seconds);
  return terminal.take();
}

describe('without policies', () => {
  test('a slice is a disk of its own, and its neighbours are out of reach', () => {
    const { alice, mallory, vms } = guests({});
    expect(said(alice, 'dd if=/dev/vda count=1')).toContain('the secret of alice');
    expect(said(mallory, `dd if=/dev/vda skip=${SECTORS} count=1`)).toContain('error reading');
    said(mallory, 'echo found > /dev/vda');
    said(mallory, 'sync');
    expect(vms.out('head -c 5 /srv/pool.img')).toBe('found');
  });

  test('a port in another VLAN hears nothing of this one', () => {
    const same = guests({});
    expect(said(same.mallory, 'ping -c 1 10.0.0.1', 3)).toContain('1 packets transmitted, 1 received');
    const other = guests({}, [10, 20]);
    expect(said(other.mallory, 'ping -c 1 10.0.0.1', 3)).toContain('1 packets transmitted, 0 received');
  });

  test('two domains that write to one file say that they share it', () => {
    const { vms } = guests({});
    const alone = (name: string, number: number) =>
      guest(name, number, 1).replace('<shareable/>', '').replaceAll('00:00:00', `00:00:${name.length}0`);
    const start = (name: string, number: number) =>
      vms.sh(`cat >x.xml <<'END'\n${alone(name, number)}\nEND\nvirsh define x.xml; virsh start ${name}`).err;
    vms.out('virsh destroy alice');
    expect(start('bob', 0)).toBe('');
    expect(start('carol', 1)).toContain('Is another process using the image');
  });
});

describe('policies', () => {
  test('translate: what it answers is what the guest reaches', () => {
    const offset: Translate = ({ ramBase, firstFrame }, address) => ({
      frame: firstFrame! + Math.floor((address - ramBase) / 4096),
      permissions: ALL,
    });
    const { mallory } = guests({ translate: offset });
    // The first page of alice's RAM follows mallory's last; both have the same kernel at the same place.
    const own = /: ([0-9a-f]{8})/.exec(said(mallory, 'peek 0x80200000'))![1];
    expect(said(mallory, 'peek 0x80a00000')).toContain(`0x080a00000: ${own}`);
    const within: Translate = (vm, address, access) =>
      address >= vm.ramBase && address < vm.ramBase + vm.ramSize
        ? offset(vm, address, access)
        : { fault: 'not yours' };
    expect(said(guests({ translate: within }).mallory, 'peek 0x80a00000')).toContain('access fault');
  });

  test('translate is asked anew when it has changed', () => {
    let open = true;
    let changed = () => {};
    const translate: Translate = ({ ramBase, ramSize, firstFrame }, address) =>
      open || (address >= ramBase && address < ramBase + ramSize)
        ? { frame: firstFrame! + Math.floor((address - ramBase) / 4096), permissions: ALL }
        : { fault: 'not yours' };
    const { mallory } = guests({ translate, onChange: (listener) => (changed = listener) });
    expect(said(mallory, 'peek 0x80a00000')).not.toContain('fault');
    open = false;
    changed();
    expect(said(mallory, 'peek 0x80a00000')).toContain('access fault');
  });

  test('pickVcpu: without a quantum a guest keeps the processor', () => {
    const beats = (pickVcpu: PickVcpu) => {
      const { alice, mallory } = guests({ pickVcpu });
      alice.type('heartbeat\r', 2);
      mallory.type('hog\r', 0.2);
      alice.take();
      return said(alice, '', 3).match(/heartbeat/g)?.length ?? 0;
    };
    let turn = 0;
    const next = (runnable: readonly unknown[]) => turn++ % runnable.length;
    expect(beats((runnable) => ({ next: next(runnable), quantum: null }))).toBe(0);
    expect(beats((runnable) => ({ next: next(runnable), quantum: 1_000_000 }))).toBeGreaterThanOrEqual(2);
  });

  test('mapBlock: where requests of a slice go', () => {
    const anywhere: MapBlock = ({ first }, sector, count) => ({ sector: first + sector, count });
    const { mallory } = guests({ mapBlock: anywhere });
    expect(said(mallory, `dd if=/dev/vda skip=${SECTORS} count=1`)).toContain('the secret of alice');
  });

  test('forward: a hub lets everybody hear, and a name of no port is told and dropped', () => {
    const faults: PolicyFault[] = [];
    let names: (names: readonly string[]) => readonly string[] = (all) => all;
    const hub: Forward = (_frame, { name }, ports) =>
      names(ports.map((port) => port.name).filter((other) => other !== name));
    const { alice, mallory } = guests({ forward: hub, onFault: (fault) => faults.push(fault) }, [10, 20]);
    expect(said(mallory, 'ping -c 1 10.0.0.1', 3)).toContain('1 received');
    expect(faults).toEqual([]);
    names = () => ['nowhere'];
    expect(said(alice, 'ping -c 1 10.0.0.0', 3)).not.toContain('1 received');
    expect(faults[0]).toMatchObject({ policy: 'forward', message: '"nowhere" is the name of no port' });
  });
});

test('slices and VLANs come out of a definition as they went in', () => {
  const once = formatDomain(parseDomain(guest('a', 1, 10)), null);
  expect(once).toContain("<slice type='storage' offset='32768' size='32768'/>");
  expect(once).toContain("<tag id='10'/>");
  expect(once).toContain('<shareable/>');
  expect(formatDomain(parseDomain(once), null)).toBe(once);
});

test.each([
  ["size='32768'", "size='1000'", "Invalid value '1000' for size of <slice>: multiples of 512"],
  ["size='32768'", "size='0'", "Invalid value '0' for size of <slice>"],
  ["type='raw'", "type='qcow2'", '<slice> of a disk of format qcow2'],
  ["id='10'", "id='4095'", 'vlan tag id 4095 is not 1 to 4094'],
])('%s → %s is refused', (from, to, message) => {
  expect(() => parseDomain(guest('a', 1, 10).replace(from, to))).toThrow(message);
});

test('a slice beyond the end of its file is refused by the emulator’s words', () => {
  const { vms } = guests({});
  const far = guest('dave', 2, 1);
  expect(vms.sh(`cat >d.xml <<'END'\n${far}\nEND\nvirsh define d.xml; virsh start dave`).err).toContain(
    'The sum of offset (65536) and size (32768)',
  );
});
