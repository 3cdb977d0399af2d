/** The same kernel as a guest: its S mode is the hart's VS mode, its firmware is the hypervisor. */
import { describe, expect, test } from 'vitest';
import { Hypervisor } from '../../../src/hypervisor/index.ts';
import { PhysicalMemory } from '../../../src/machine/index.ts';
import { fatDisk, fatFile } from '../../support/fatImage.ts';
import { GuestDisk, VirtualGuest } from '../../support/guestMachine.ts';

const host = () => new Hypervisor({ memory: new PhysicalMemory({ size: 64 * 2 ** 20 }) });

describe('in a virtual machine', () => {
  test('it boots to its login within 1,200,000 instructions, hypervisor included', () => {
    const disk = new GuestDisk(fatDisk());
    const guest = new VirtualGuest(host(), 'db', { commandLine: 'hostname=db root=/dev/vda1', disk });
    guest.waitFor('db login: ');
    expect(guest.instructions).toBeLessThan(1_200_000);
  });

  test('it writes a file to its disk and powers off', () => {
    const disk = new GuestDisk(fatDisk({ 'hello.txt': 'hello from the host\n' }));
    const guest = new VirtualGuest(host(), 'db', { commandLine: 'hostname=db root=/dev/vda1', disk });
    guest.login();
    expect(guest.command('cat hello.txt')).toBe('hello from the host\n');
    guest.command('echo kept > kept.txt');
    guest.command('sync');
    expect(new TextDecoder().decode(fatFile(disk.stable, 'KEPT    TXT')!)).toBe('kept\n');
    guest.type('poweroff\n');
    guest.waitFor('power down');
    guest.run(1_000_000);
    expect(guest.vm.stopped).toBe('shutdown');
  });

  test('memory outside of its own gives a fault, in its own name', () => {
    const guest = new VirtualGuest(host(), 'mallory', { commandLine: 'hostname=mallory' });
    guest.login();
    expect(guest.command('peek 0x80300000')).toBe('0x080300000: 00000000\n');
    expect(guest.command('peek 0x80800000')).toBe('peek: 0x080800000: access fault\n');
    expect(guest.command('poke 0x80000000 7')).toBe('0x080000000: 00000007 written\n'); // no firmware here: plain RAM
    expect(guest.command('poke 0x2000000 7')).toBe('poke: 0x002000000: access fault\n'); // nor an ACLINT
  });

  test('nor does its disk reach beyond its memory for it', () => {
    const disk = new GuestDisk(fatDisk());
    const guest = new VirtualGuest(host(), 'mallory', { commandLine: 'hostname=mallory', disk });
    guest.login();
    expect(guest.command('dma read 0x80300000 0')).toContain('sector 0 of /dev/vda is now at 0x80300000');
    expect(guest.command('dma read 0x807fff00 0')).toContain('dma: 0x807fff00: Input/output error'); // over the last byte
    expect(guest.command('echo alive')).toBe('alive\n');
  });

  test('a hog with interrupts off does not stop another machine’s heart', () => {
    const hypervisor = host();
    const alice = new VirtualGuest(hypervisor, 'alice', { commandLine: 'hostname=alice' });
    const mallory = new VirtualGuest(hypervisor, 'mallory', { commandLine: 'hostname=mallory' });
    alice.login();
    alice.type('heartbeat alice\n');
    mallory.login();
    mallory.type('hog\n');
    mallory.waitFor('for ever');
    const beats = () => alice.output.match(/heartbeat \d+/g)?.length ?? 0;
    const before = beats();
    hypervisor.run({ until: hypervisor.now + 3_000_000_000 });
    expect(beats() - before).toBeGreaterThanOrEqual(2);
  });

  test('reboot begins anew', () => {
    const guest = new VirtualGuest(host(), 'db', { commandLine: 'hostname=db' });
    guest.login();
    guest.type('reboot\n');
    guest.waitFor('restarting');
    guest.login();
    expect(guest.command('echo again')).toBe('again\n');
  });
});
