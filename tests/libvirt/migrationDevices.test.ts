/** What a guest that moves takes along: its disks, and its place in the network. */
import { describe, expect, test } from 'vitest';
import { decodeUtf8, encodeUtf8, SECOND } from '../../src/base/index.ts';
import { fatDisk, fatFile } from '../support/fatImage.ts';
import {
  type MigrationWorld,
  type MigrationWorldOptions,
  migrationWorld,
} from '../support/migrationWorld.ts';
import { diskXml } from '../support/vmHost.ts';

const IMAGES = '/var/lib/libvirt/images';
const MAC = '52:54:00:00:00:50';
const NIC = `<interface type='bridge'><mac address='${MAC}'/><source bridge='br0'/></interface>`;

const guest = (devices: string, cmdline: string) => `<domain type='kvm'><name>web</name>
<memory unit='MiB'>8</memory><os><type>hvm</type><kernel>/usr/share/virtbook/kernel</kernel>
<initrd>/usr/share/virtbook/initramfs</initrd><cmdline>hostname=web ${cmdline}</cmdline></os>
<devices>${devices}<console type='pty'/></devices></domain>`;

function running(
  devices: string,
  cmdline: string,
  options: MigrationWorldOptions,
  prepare = 'true',
): MigrationWorld {
  const made = migrationWorld({
    ...options,
    files: { '/tmp/web.xml': guest(devices, cmdline), ...options.files },
  });
  expect(made.sh('one', `${prepare}; virsh define /tmp/web.xml && virsh start web`)).toContain('started');
  made.advance(1);
  return made;
}

/** A console of the guest, on the host where it runs. */
function consoleOf({ world }: MigrationWorld, host: 'one' | 'two') {
  let shown = '';
  const terminal = world.host(host).openTerminal({
    user: 'root',
    size: { rows: 24, cols: 80 },
    onOutput: (bytes) => {
      shown += decodeUtf8(bytes);
    },
  });
  const type = (text: string, seconds = 0.5): string => {
    shown = '';
    terminal.input(encodeUtf8(text));
    world.run(world.now + seconds * SECOND);
    return shown;
  };
  type('', 1);
  type('virsh console web\r');
  return type;
}

describe('a disk that only the source has', () => {
  const disk = (format: string) => diskXml(`${IMAGES}/web.${format}`, 'vda', format);
  const files = { '/tmp/fat.img': { content: fatDisk({ 'note.txt': 'from the host\n' }) } };

  test.each(['qcow2', 'raw'])('%s: is copied while the guest writes to it', (format) => {
    const made = running(
      disk(format),
      'root=/dev/vda1',
      { rate: 4e6, files },
      `qemu-img convert -f raw -O ${format} /tmp/fat.img ${IMAGES}/web.${format}`,
    );
    const type = consoleOf(made, 'one');
    type('root\r');
    type('echo before > /before.txt\r');
    made.begin('one', 'virsh migrate --live web qemu+tcp://two/system --copy-storage-all --persistent');
    // Behind the first copy of its disk, and so on the disk that the guest does not write it there again.
    type('echo during > /during.txt\r', 0.4);
    type('sync\r', 0.2);
    expect(made.sh('one', 'virsh domjobinfo web')).toMatch(/Job type: +Unbounded.*File total: +2\.\d+ MiB/s);
    made.advance(12);
    expect(made.sh('one', 'cat /tmp/begun; virsh domstate web')).toBe('\nshut off\n\n');
    const there = consoleOf(made, 'two');
    there('\r');
    expect(there('cat /note.txt /before.txt /during.txt\r')).toContain(
      'from the host\r\nbefore\r\nduring\r\n',
    );
    there('echo after > /after.txt\r');
    there('poweroff\r', 1);
    expect(made.sh('two', 'virsh domstate web --reason')).toBe('shut off (shutdown)\n\n');
    made.sh('two', `qemu-img convert -O raw ${IMAGES}/web.${format} /tmp/look.img`);
    const look = made.world.host('two').view.readFile('/tmp/look.img')!;
    for (const name of ['BEFORE', 'DURING', 'AFTER'])
      expect(decodeUtf8(fatFile(look, `${name.padEnd(8)}TXT`)!)).toBe(`${name.toLowerCase()}\n`);
    expect(made.sh('two', `virsh start web; ls ${IMAGES}`)).toContain(`web.${format}`);
  });

  test('what was made for it at the target goes when it does not come', () => {
    const made = running(
      disk('qcow2'),
      'root=/dev/vda1',
      { rate: 1e6, files },
      `qemu-img convert -f raw -O qcow2 /tmp/fat.img ${IMAGES}/web.qcow2`,
    );
    made.begin('one', 'virsh migrate --live web qemu+tcp://two/system --copy-storage-all');
    made.advance(2);
    expect(made.sh('two', `ls ${IMAGES}`)).toBe('web.qcow2\n');
    made.sh('one', 'virsh domjobabort web');
    // What is on its way goes first.
    made.advance(6);
    expect(made.left('two')).toBe('');
    expect(made.sh('two', `ls ${IMAGES}`)).toBe('');
    expect(made.sh('one', 'virsh domstate web; cat /tmp/begun')).toContain(
      'running\n\nerror: operation aborted',
    );
    // An image that was there is not made, and stays.
    made.sh('two', `qemu-img create -f qcow2 ${IMAGES}/web.qcow2 1M`);
    expect(made.sh('one', 'virsh migrate --live web qemu+tcp://two/system --copy-storage-all')).toMatch(
      /^error: operation failed: job 'migration out' failed: /,
    );
    expect(made.left('two')).toBe('');
    expect(made.sh('two', `ls ${IMAGES}`)).toBe('web.qcow2\n');
    expect(made.sh('one', 'virsh domstate web')).toBe('running\n\n');
    // Another try begins anew.
    made.sh('two', `rm ${IMAGES}/web.qcow2`);
    expect(made.sh('one', 'virsh migrate --live web qemu+tcp://two/system --copy-storage-all')).toBe('\n');
    made.sh('two', 'virsh destroy web');
    const contents = (host: 'one' | 'two') => {
      made.sh(host, `qemu-img convert -O raw ${IMAGES}/web.qcow2 /tmp/look.img`);
      return made.world.host(host).view.readFile('/tmp/look.img');
    };
    expect(contents('two')).toEqual(contents('one'));
  });
});

describe('its network card', () => {
  test('bridges learn at once where it is now, and what others do with it goes on', () => {
    const made = running(NIC, 'ip=10.0.0.50/24', {});
    const { sh, begin, advance } = made;
    expect(sh('one', 'ping -c 1 10.0.0.50')).toContain('1 received');
    const place = (host: 'one' | 'two') =>
      /dev (\S+)/.exec(sh(host, `bridge fdb show br br0 | grep '^${MAC}'`))![1]!;
    expect(place('one')).toBe('vnet0');
    begin('one', 'tcpdump -n -t -e -i eth0 -c 2 ether src 52:54:00:00:00:50');
    sh('one', 'virsh migrate --live web qemu+tcp://two/system');
    // Nobody has sent anything to it yet.
    expect(place('one')).toBe('eth0');
    expect(place('two')).toBe('vnet0');
    advance(1);
    expect(sh('one', 'cat /tmp/begun')).toMatch(
      new RegExp(`^${MAC} > ff:ff:ff:ff:ff:ff, ethertype Reverse ARP \\(0x8035\\), length 60: .*${MAC}`, 'm'),
    );
    expect(sh('one', 'ping -c 2 10.0.0.50')).toContain('2 received');
  });

  test('few of the packets that are sent to it meanwhile are lost', () => {
    const made = running(NIC, 'ip=10.0.0.50/24', { rate: 1e8 });
    made.begin('one', 'ping -i 0.01 -c 200 10.0.0.50');
    made.advance(0.3);
    expect(made.sh('one', 'virsh migrate --live web qemu+tcp://two/system')).toBe('\n');
    made.advance(4);
    const [, received] = /200 packets transmitted, (\d+) received/.exec(made.sh('one', 'cat /tmp/begun'))!;
    const downtime = /Total downtime: +(\d+)/.exec(made.sh('one', 'virsh domjobinfo web --completed'))!;
    // One each 10 ms: as many as it stood still, and those that were on the way.
    expect(200 - Number(received)).toBeLessThanOrEqual(Number(downtime[1]) / 10 + 2);
    expect(made.sh('two', 'virsh domifstat web vnet0')).toMatch(/rx_packets [1-9]\d+/);
  });
});
