/** A guest that is asked to power off: it stops its processes, writes what is in memory to its disk, and ends by itself. */
import { describe, expect, test } from 'vitest';
import { GUEST_PROGRAMS, Hypervisor } from '../../../src/hypervisor/index.ts';
import { PhysicalMemory } from '../../../src/machine/index.ts';
import { fatDisk, fatFile } from '../../support/fatImage.ts';
import { GuestDisk, VirtualGuest } from '../../support/guestMachine.ts';

const host = () => new Hypervisor({ memory: new PhysicalMemory({ size: 64 * 2 ** 20 }) });

function guest(options: Partial<ConstructorParameters<typeof VirtualGuest>[2]> = {}) {
  const disk = new GuestDisk(fatDisk());
  const made = new VirtualGuest(host(), 'db', {
    commandLine: 'hostname=db root=/dev/vda1',
    disk,
    ...options,
  });
  made.login();
  return { disk, guest: made };
}

describe('the power key', () => {
  test('the guest stops what runs, writes what is in memory, and powers off', () => {
    const { disk, guest: db } = guest();
    db.command('echo kept > kept.txt');
    expect(fatFile(disk.stable, 'KEPT    TXT')).toBe(null);
    db.type('heartbeat\n');
    db.waitFor('heartbeat 1,');
    db.vm.pressPowerKey();
    const said = db.waitFor('reboot: power down');
    expect(said).toMatch(/power key: pressed\n\nThe power key was pressed: the system goes down\.\n/);
    expect(said).not.toContain('login:');
    db.run(1_000_000);
    expect(db.vm.stopped).toBe('shutdown');
    expect(new TextDecoder().decode(fatFile(disk.stable, 'KEPT    TXT')!)).toBe('kept\n');
  });

  test('a program that reads nothing and computes for ever is ended too', () => {
    const { guest: db } = guest();
    db.type('cat /dev/zero > /dev/null\n');
    db.run(1_000_000);
    db.vm.pressPowerKey();
    db.waitFor('reboot: power down');
    db.run(1_000_000);
    expect(db.vm.stopped).toBe('shutdown');
  });

  test('where nobody listens, the guest goes on', () => {
    const { guest: db } = guest();
    const pid = /^ *(\d+) .* powerd$/m.exec(db.command('ps'))![1];
    db.command(`kill ${pid}`);
    db.vm.pressPowerKey();
    db.waitFor('power key: pressed');
    expect(db.command('echo alive')).toContain('alive\n');
    expect(db.vm.stopped).toBe(null);
  });

  test('a system without the program for it boots all the same', () => {
    const programs = GUEST_PROGRAMS.filter((name) => name !== 'powerd');
    const { guest: db } = guest({ initramfs: { programs } });
    expect(db.command('ls /dev')).toContain('powerkey');
    db.vm.pressPowerKey();
    db.waitFor('power key: pressed');
    expect(db.command('echo alive')).toContain('alive\n');
  });
});
