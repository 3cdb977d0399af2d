/** The first-boot agent in the guest: what it takes from the cloud's disk, when, and what it says when it cannot. */
import { describe, expect, test } from 'vitest';
import { FatFs, MemoryStore, RawImage, readMbr, sliceOf } from '../../../src/disk/index.ts';
import { fatDisk } from '../../support/fatImage.ts';
import { GuestDisk, GuestMachine } from '../../support/guestMachine.ts';

const KEY = 'student ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPx9 student@bluebox';

function metadataDisk(text: string): GuestDisk {
  const bytes = new Uint8Array(8192);
  bytes.set(new TextEncoder().encode(text));
  return new GuestDisk(bytes, true);
}

/** The root disk with the agent's directory and, when given, what the agent knows. */
function rootDisk(config: string | null): GuestDisk {
  const disk = new GuestDisk(fatDisk());
  const { fs, settle } = filesOf(disk);
  fs.makeDirectory('/etc', 0);
  if (config !== null) fs.writeFile('/etc/agent.cfg', new TextEncoder().encode(config), 0);
  settle();
  return new GuestDisk(disk.stable);
}

function filesOf(disk: GuestDisk) {
  const store = new MemoryStore();
  store.truncate(disk.stable.length);
  store.write(0, disk.stable);
  const image = new RawImage(store);
  const { start, sectors } = readMbr(image)!.partitions[0]!;
  const fs = FatFs.open(sliceOf(image, start, sectors));
  const text = (path: string) =>
    fs.find(path) === null ? null : new TextDecoder().decode(fs.readFile(path));
  return { fs, text, settle: () => void disk.stable.set(store.read(0, disk.stable.length)) };
}

interface Boot {
  readonly disk: GuestDisk;
  readonly metadata?: string;
  readonly network?: boolean;
}

/** Boots up to the login; what was said by then. */
function boot({ disk, metadata, network = false }: Boot): { said: string; machine: GuestMachine } {
  const machine = new GuestMachine({
    commandLine: 'root=/dev/vda1',
    disk,
    ...(metadata !== undefined && { secondDisk: metadataDisk(metadata) }),
    ...(network && { network: { station: 1, transmit() {} } }),
  });
  return { said: machine.waitFor('login: '), machine };
}

const gce = `#metadata gce\ninstance-id=4711\nssh-key=${KEY}\naddress=10.128.0.2/20\ngateway=10.128.0.1\n`;

describe('the agent', () => {
  test('puts the key on the disk, remembers the instance and gives the interface its address', () => {
    const disk = rootDisk('datasource=gce\n');
    const { said, machine } = boot({ disk, metadata: gce, network: true });
    expect(said).toContain(
      'agent: eth0 has 10.128.0.2/20\nagent: first boot of 4711, its key is in /etc/sshkeys\n',
    );
    const files = filesOf(disk);
    expect(files.text('/etc/sshkeys')).toBe(`${KEY}\n`);
    expect(files.text('/etc/instance')).toBe('4711\n');
    machine.type('root\n');
    machine.waitFor('# ');
    expect(machine.command('ip addr')).toContain('inet 10.128.0.2/20 gateway 10.128.0.1');
  });

  test('does it once for each instance', () => {
    const disk = rootDisk('datasource=gce\n');
    boot({ disk, metadata: gce });
    const again = new GuestDisk(disk.stable);
    const key = gce.replace(KEY, 'other key');
    expect(boot({ disk: again, metadata: key }).said).not.toContain('first boot');
    expect(filesOf(again).text('/etc/sshkeys')).toBe(`${KEY}\n`);
    const clone = new GuestDisk(again.stable);
    expect(boot({ disk: clone, metadata: key.replace('4711', '4712') }).said).toContain('first boot of 4712');
    expect(filesOf(clone).text('/etc/sshkeys')).toBe('other key\n');
  });

  test('takes nothing from a cloud that it does not know', () => {
    const disk = rootDisk('datasource=ec2\n');
    expect(boot({ disk, metadata: gce }).said).toContain(
      'agent: this agent knows ec2, and the disk says "#metadata gce": no key, no address\n',
    );
    expect(filesOf(disk).text('/etc/sshkeys')).toBeNull();
    expect(boot({ disk: rootDisk('datasource=gc\n'), metadata: gce }).said).toContain('knows gc, and');
  });

  test.each([
    ['no disk', 'datasource=gce\n', undefined, 'agent: no metadata: there is no disk /dev/vdb'],
    ['no datasource', 'nothing\n', gce, 'agent: /etc/agent.cfg names no datasource'],
    ['no instance', 'datasource=gce\n', '#metadata gce\n', 'agent: the metadata has no instance-id'],
    [
      'an address that is none',
      'datasource=gce\n',
      gce.replace('/20', '/77'),
      'agent: the metadata has an address that is none',
    ],
    [
      'no interface to ask by',
      'datasource=gce\n',
      '#metadata gce\ninstance-id=1\naddress=dhcp\n',
      'dhcp: no network interface',
    ],
    ['no interface', 'datasource=gce\n', gce, 'agent: no network interface for 10.128.0.2'],
  ])('says what is wrong: %s', (_name, config, metadata, message) => {
    const { said } = boot({ disk: rootDisk(config), ...(metadata !== undefined && { metadata }) });
    expect(said).toContain(message);
  });

  test('an image without its configuration has none, and says nothing', () => {
    expect(boot({ disk: rootDisk(null), metadata: gce }).said).not.toContain('agent');
  });
});
