/** The terminal sessions printed in the part on virtual machines are what the book's own hosts and guests answer. */
import { describe, expect, test } from 'vitest';
import { EventQueue, Trace } from '../../src/base/index.ts';
import { Guest } from '../../src/figures/paths/guest.ts';
import { EXIT_INSTRUCTIONS, Hypervisor } from '../../src/hypervisor/index.ts';
import { PhysicalMemory } from '../../src/machine/index.ts';
import { type ConsoleBlock, consoleBlocks } from '../support/consoleBlocks.ts';
import { type VmHost, vmHost } from '../support/vmHost.ts';
import '../../src/shell/commands/utilities.ts';

const MIB = 2 ** 20;
const FILE = '01-virtual-machines.mdx';

/** The domain's description as the text prints it. */
const xml = consoleBlocks(FILE, 'vm-create')
  .flatMap(({ exchanges }) => exchanges)
  .find(({ command }) => command === 'cat web1.xml')!.output;

const host = () => vmHost({ '/tmp/web1.xml': xml }, { memory: 32 * MIB, traceExits: true });

/** What differs from run to run: sizes of saved memory, times since the boot, identities. */
function normal(text: string): string {
  return text
    .replace(/\r/g, '')
    .replace(/^\[ *\d+\.\d{6}\]/gm, '[<time>]')
    .replace(/#\d+\b/g, '#<number>')
    .replace(/^VmRSS:\s+2[0-9]{3} kB$/gm, 'VmRSS: <less than a third of 8192> kB')
    .trim();
}

function replay(on: VmHost, { exchanges }: ConsoleBlock): void {
  for (const { command, output } of exchanges)
    expect(`${command}\n${normal(on.sh(command).out)}`).toBe(`${command}\n${normal(output)}`);
}

/** A host on which the text's VM runs, and its console, logged in. */
function running() {
  const on = host();
  for (const command of [
    'qemu-img create -f qcow2 /var/lib/libvirt/images/web1.qcow2 64M',
    'virsh define web1.xml',
    'virsh start web1',
  ])
    on.out(command);
  const console = on.terminal();
  console.type('sudo virsh console web1\r');
  console.type('\r');
  console.type('root\r');
  console.take();
  return { on, console };
}

/** Types a session's commands at the guest's prompt. */
function replayInGuest({ console }: ReturnType<typeof running>, { prompt, exchanges }: ConsoleBlock): void {
  for (const { command, output } of exchanges) {
    console.type(`${command}\r`);
    const said = normal(console.take());
    expect(said.split('\n').at(0)).toBe(command);
    expect(said.split('\n').at(-1)).toBe(prompt);
    expect(`${command}\n${said.split('\n').slice(1, -1).join('\n')}`).toBe(`${command}\n${normal(output)}`);
  }
}

describe('virtual machines', () => {
  test('the guest’s log, but for what depends on how large the guest’s kernel came out', () => {
    const [log] = consoleBlocks(FILE, 'vm-what');
    const { console } = running();
    console.type('dmesg\r');
    const lines = (text: string) =>
      normal(text)
        .replace(/\d+ KiB free from 0x\w+|to 0x\w+ read-only|initramfs: .*/g, '<size>')
        .split('\n');
    const said = lines(console.take());
    const printed = lines(log!.exchanges[0]!.output);
    expect(printed.length).toBeGreaterThan(10);
    expect(said.filter((line) => printed.includes(line))).toEqual(printed);
  });

  test('about half a million instructions and 1,250 exits to the shell’s prompt, nine in ten of them for characters', () => {
    const queue = new EventQueue();
    const trace = new Trace(queue);
    const memory = new PhysicalMemory({ size: 16 * MIB });
    const hypervisor = new Hypervisor({ memory, queue, trace, traceExits: true });
    const { vm } = new Guest(hypervisor, 'web1', []);
    const exits = trace.since(0, 'vm.exit');
    // The serial port's registers, and SBI's console before the kernel drives the port.
    const printing = exits.filter(({ detail }) => /0x1000000|DBCN|legacy 1$/.test(detail.detail));
    const ofGuest = hypervisor.instructions - exits.length * EXIT_INSTRUCTIONS;
    expect(Object.values(vm.exits).reduce((sum, count) => sum + count, 0)).toBe(exits.length);
    expect(ofGuest / 1e6).toBeCloseTo(0.5, 1);
    expect(Math.abs(exits.length / 1250 - 1)).toBeLessThan(0.15);
    expect(printing.length / exits.length).toBeCloseTo(0.9, 1);
  });

  test('/dev/kvm', () => {
    const [device] = consoleBlocks(FILE, 'vm-kvm');
    replay(host(), device!);
  });

  test('the stations of a write, and what the host counts', () => {
    const [stations, traced, counted] = consoleBlocks(FILE, 'vm-disk-path');
    const at = running();
    replayInGuest(at, stations!);
    replay(at.on, traced!);
    replay(at.on, counted!);
  });

  test('made, started, saved and restored', () => {
    const blocks = [...consoleBlocks(FILE, 'vm-create'), ...consoleBlocks(FILE, 'vm-boot')];
    expect(blocks).toHaveLength(4);
    const on = host();
    for (const block of blocks) {
      replay(on, block);
      on.advance(2);
    }
  });
});
