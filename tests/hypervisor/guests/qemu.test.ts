/** The same kernel and firmware on QEMU's `virt`, where it is installed: real devices of others, and a real tool checks the disk. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { guestFirmware, guestInitramfs, guestKernel } from '../../../src/hypervisor/index.ts';
import { fatDisk, fatFile, fatPartition } from '../../support/fatImage.ts';

const QEMU = 'qemu-system-riscv32';
const hasQemu = spawnSync(QEMU, ['--version']).status === 0;
const FSCK = 'fsck.fat';
const hasFsck = spawnSync(FSCK, ['--help']).error === undefined;

/** A folder with the guest's parts, gone after the test. */
function folder(): string {
  const made = mkdtempSync(path.join(tmpdir(), 'virtbook-qemu-'));
  onTestFinished(() => rmSync(made, { recursive: true }));
  writeFileSync(path.join(made, 'firmware'), guestFirmware());
  writeFileSync(path.join(made, 'kernel'), guestKernel());
  writeFileSync(path.join(made, 'initramfs'), guestInitramfs());
  return made;
}

class Emulated {
  readonly #process: ChildProcess;
  #output = '';
  #seen = 0;
  readonly ended: Promise<number | null>;

  constructor(cwd: string, commandLine: string, devices: readonly string[]) {
    const machine = ['-M', 'virt', '-m', '32M', '-nographic', '-global', 'virtio-mmio.force-legacy=false'];
    const parts = ['-bios', 'firmware', '-kernel', 'kernel', '-initrd', 'initramfs', '-append', commandLine];
    this.#process = spawn('timeout', ['50', QEMU, ...machine, ...parts, ...devices], {
      cwd,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    this.#process.stdout!.on('data', (chunk: Buffer) => {
      this.#output += chunk.toString('latin1');
    });
    this.ended = new Promise((resolve) => this.#process.on('exit', resolve));
    onTestFinished(() => void this.#process.kill());
  }

  async waitFor(text: string): Promise<string> {
    for (let tries = 0; tries < 1000; tries++) {
      const at = this.#output.indexOf(text, this.#seen);
      if (at >= 0) {
        const said = this.#output.slice(this.#seen, at + text.length);
        this.#seen = at + text.length;
        return said.replaceAll('\r\n', '\n');
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`"${text}" did not come:\n${this.#output.slice(this.#seen)}`);
  }

  type(text: string): void {
    this.#process.stdin!.write(text);
  }

  async login(): Promise<void> {
    await this.waitFor('login: ');
    this.type('root\n');
    await this.waitFor('# ');
  }

  async command(line: string): Promise<string> {
    this.type(`${line}\n`);
    await this.waitFor(`${line}\r\n`);
    return (await this.waitFor('# ')).replace(/[^\n]*# $/, '');
  }
}

describe.skipIf(!hasQemu)(QEMU, () => {
  test('boots from a disk, writes a file, powers off; the file system is whole', async () => {
    const cwd = folder();
    writeFileSync(path.join(cwd, 'disk'), fatDisk({ 'hello.txt': 'hello from the host\n' }));
    const drive = [
      '-drive',
      'file=disk,format=raw,if=none,id=disk',
      '-device',
      'virtio-blk-device,drive=disk',
    ];
    const machine = new Emulated(cwd, 'hostname=db root=/dev/vda1', drive);
    await machine.login();
    expect(await machine.command('cat hello.txt')).toBe('hello from the host\n');
    await machine.command('mkdir logs');
    await machine.command('dd if=/dev/kmsg of=logs/boot.txt');
    await machine.command('echo written on another machine > note.txt');
    expect(await machine.command('dd if=/dev/vda of=/dev/null skip=4533 count=1')).toContain(
      'Input/output error',
    );
    expect(await machine.command('peek 0x90000000')).toBe('peek: 0x090000000: access fault\n');
    machine.type('poweroff\n');
    expect(await machine.ended).toBe(0);
    const disk = new Uint8Array(readFileSync(path.join(cwd, 'disk')));
    expect(Buffer.from(fatFile(disk, 'NOTE    TXT')!).toString()).toBe('written on another machine\n');
    if (!hasFsck) return;
    writeFileSync(path.join(cwd, 'partition'), fatPartition(disk));
    const check = spawnSync(FSCK, ['-n', 'partition'], { cwd, encoding: 'utf8' });
    expect([check.status, check.stdout]).toEqual([0, expect.stringContaining('4 files')]);
  }, 60_000);

  test('pings another guest', async () => {
    const cwd = folder();
    const port = 20_000 + (process.pid % 20_000);
    const card = (station: number, link: string) => [
      ...['-netdev', `socket,id=net,${link}=127.0.0.1:${port}`],
      ...['-device', `virtio-net-device,netdev=net,mac=52:54:00:00:00:0${station}`],
    ];
    const web = new Emulated(cwd, 'hostname=web ip=10.0.0.2/24', card(2, 'listen'));
    await web.login();
    const db = new Emulated(cwd, 'hostname=db ip=10.0.0.3/24', card(3, 'connect'));
    await db.login();
    const said = await db.command('ping -c 2 10.0.0.2');
    expect(said).toContain('64 bytes from 10.0.0.2: icmp_seq=2 ttl=64');
    expect(said).toContain('2 packets transmitted, 2 received, 0% packet loss');
    expect(await web.command('ip neigh')).toBe('10.0.0.3 at 52:54:00:00:00:03\n');
  }, 60_000);

  test('gets its address from QEMU’s own DHCP server', async () => {
    const machine = new Emulated(folder(), 'hostname=db ip=dhcp', [
      ...['-netdev', 'user,id=net', '-device', 'virtio-net-device,netdev=net'],
    ]);
    expect(await machine.waitFor('login: ')).toContain(
      'dhcp: 10.0.2.15/24, gateway 10.0.2.2, from 10.0.2.2\n',
    );
    machine.type('root\n');
    await machine.waitFor('# ');
    expect(await machine.command('ping -c 1 10.0.2.2')).toContain('1 packets transmitted, 1 received');
  }, 60_000);
});
