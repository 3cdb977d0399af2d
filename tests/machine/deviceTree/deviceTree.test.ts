/** The device tree that a guest gets: its bytes by the Devicetree Specification 0.4, and what dtc and QEMU make of it. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { PhysicalMemory, Platform, RAM_BASE } from '../../../src/machine/index.ts';
import { ScriptedCore } from '../../support/scriptedCore.ts';

const present = (program: string) => spawnSync(program, ['--version']).status === 0;
const dtc = (blob: Uint8Array, ...options: string[]) =>
  spawnSync('dtc', ['-I', 'dtb', '-O', 'dts', '-q', ...options], { input: blob, encoding: 'utf8' });

function bootBlob(harts: number, options: Parameters<Platform['boot']>[0] = {}) {
  const cores: ScriptedCore[] = [];
  const memory = new PhysicalMemory({ size: 0x800000, harts });
  const platform = new Platform({
    memory,
    createCore: (wiring) => {
      const core = new ScriptedCore(wiring, []);
      cores.push(core);
      return core;
    },
    serialOutput: () => {},
  });
  platform.boot(options);
  const [, address] = cores.at(-1)!.resets[0]!;
  const big = (offset: number) => new DataView(memory.read(address + offset, 4).buffer).getUint32(0);
  return { address, memory, big, blob: memory.read(address, big(4)) };
}

describe('5 flattened format', () => {
  test('5.2: the header, on a page border in RAM', () => {
    const { address, memory, big } = bootBlob(1);
    expect(address % 4096).toBe(0);
    expect(address + big(4)).toBeLessThanOrEqual(RAM_BASE + memory.size);
    expect([0, 20, 24, 28].map(big)).toEqual([0xd00dfeed, 17, 16, 0]);
    const [structure, strings, reservations] = [8, 12, 16].map(big);
    expect([reservations! % 8, structure! % 4]).toEqual([0, 0]);
    expect([structure! + big(36), strings! + big(32)]).toEqual([strings, big(4)]);
  });

  test('5.3: nothing is reserved', () => {
    const { big } = bootBlob(1);
    expect([0, 4, 8, 12].map((at) => big(big(16) + at))).toEqual([0, 0, 0, 0]);
  });

  test('5.4: the structure block starts with the root and ends with FDT_END', () => {
    const { big } = bootBlob(1);
    expect([big(big(8)), big(big(8) + 4), big(big(8) + big(36) - 8), big(big(8) + big(36) - 4)]).toEqual([
      1, 0, 2, 9,
    ]);
  });
});

describe.skipIf(!present('dtc'))('as dtc reads it', () => {
  test('without a complaint', () => {
    const { blob } = bootBlob(4, {
      bootArguments: 'quiet',
      initialRamDisk: { start: 0x80100000, end: 0x80200000 },
    });
    const { status, stderr } = spawnSync('dtc', ['-I', 'dtb', '-O', 'dts', '-o', '/dev/null'], {
      input: blob,
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([0, '']);
  });

  test('chosen: arguments, console and initial RAM disk', () => {
    const { blob } = bootBlob(1, {
      bootArguments: 'root=/dev/vda "x"',
      initialRamDisk: { start: 0x80100000, end: 0x80200000 },
    });
    const { stdout } = dtc(blob);
    expect(stdout).toContain('bootargs = "root=/dev/vda \\"x\\"";');
    expect(stdout).toContain('stdout-path = "/soc/serial@10000000";');
    expect(stdout).toContain('linux,initrd-start = <0x00 0x80100000>;');
    expect(stdout).toContain('linux,initrd-end = <0x00 0x80200000>;');
    expect(dtc(bootBlob(1).blob).stdout).not.toMatch(/bootargs|initrd/);
  });

  test('a hart’s instruction set, a node for each hart', () => {
    const { stdout } = dtc(bootBlob(3).blob);
    expect(stdout.match(/riscv,isa = "rv32imach_zicsr_zifencei";/g)).toHaveLength(3);
    expect(stdout).toContain('timebase-frequency = <0x989680>;');
  });
});

/** The tree as nodes and properties, with handles taken out, since anybody may number them as they like. */
function parse(source: string): Map<string, string> {
  const found = new Map<string, string>();
  const path: string[] = [];
  const handles = new Map<string, string>();
  for (const line of source.split('\n').map((each) => each.trim())) {
    const node = /^(\S+) \{$/.exec(line);
    if (node) path.push(node[1] === '/' ? '' : node[1]!);
    else if (line === '};') path.pop();
    const property = /^([^=;]+?)(?: = (.*))?;$/.exec(line);
    if (!property || line === '};') continue;
    if (property[1] === 'phandle') handles.set(property[2]!.slice(1, -1), `&${path.join('/')}`);
    else found.set(`${path.join('/')}:${property[1]}`, property[2] ?? '');
  }
  const referring = /:(interrupt-parent|interrupts-extended|regmap|cpu)$/;
  for (const [key, value] of found) {
    if (!referring.test(key)) continue;
    const cells = value.slice(1, -1).split(' ');
    const pair = key.endsWith('interrupts-extended');
    found.set(
      key,
      cells.map((cell, i) => (pair && i % 2 === 1 ? cell : (handles.get(cell) ?? cell))).join(' '),
    );
  }
  return found;
}

test.skipIf(!present('dtc') || !present('qemu-system-riscv32'))(
  'as QEMU’s virt tells it, for the devices that are here',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'virt-'));
    try {
      const file = join(folder, 'virt.dtb');
      execFileSync(
        'qemu-system-riscv32',
        ['-M', `virt,dumpdtb=${file}`, '-smp', '2', '-m', '8M', '-bios', 'none', '-nographic'],
        { stdio: 'ignore' },
      );
      const theirs = parse(dtc(readFileSync(file)).stdout);
      const ours = parse(dtc(bootBlob(2).blob).stdout);
      const differing = [...ours].filter(([key, value]) => theirs.get(key) !== value).map(([key]) => key);
      const hart = (key: string) => [`/cpus/cpu@0${key}`, `/cpus/cpu@1${key}`];
      // The last is missing there, as dtc remarks.
      const known = [':model', ...hart(':riscv,isa'), ...hart('/interrupt-controller:#address-cells')];
      expect(differing.sort()).toEqual(known.sort());
      const absent = [...theirs.keys()].filter((key) => !ours.has(key)).map((key) => key.replace(/:.*/, ''));
      expect([...new Set(absent)].sort()).toEqual(
        [
          '/chosen',
          '/flash@20000000',
          '/fw-cfg@10100000',
          '/platform-bus@4000000',
          '/pmu',
          '/soc/pci@30000000',
          '/soc/rtc@101000',
        ].sort(),
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);
