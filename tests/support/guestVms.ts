/** A hypervisor with VMs that run small programs in assembly. */
import { decodeUtf8, EventQueue, Trace } from '../../src/base/index.ts';
import {
  type BootImage,
  Hypervisor,
  type HypervisorOptions,
  type Vm,
  type VmConfig,
} from '../../src/hypervisor/index.ts';
import { assemble, PhysicalMemory } from '../../src/machine/index.ts';

export const MIB = 2 ** 20;

/** Macros that the guests share: SBI calls, and devices where QEMU's `virt` has them. */
const PRELUDE = `
.equ UART, 0x10000000
.equ RAM, 0x80000000
.macro putc char
  li a7, 1
  li a0, \\char
  ecall
.endm
.macro off
  li a7, 0x53525354
  li a6, 0
  li a0, 0
  li a1, 0
  ecall
.endm
`;

/** What a VM boots from, assembled from `source` and the shared macros. */
export function assembledGuest(source: string): BootImage {
  const assembly = assemble(PRELUDE + source);
  if (!assembly.ok) throw new Error(JSON.stringify(assembly.errors));
  const { entry, image } = assembly.program;
  return { segments: [image], entry };
}

export interface GuestVm {
  readonly vm: Vm;
  readonly output: () => string;
}

export interface GuestHost {
  readonly hypervisor: Hypervisor;
  readonly trace: Trace;
  /** Defines a VM and boots it with an assembled program. */
  boot(name: string, source: string, config?: Partial<VmConfig>): GuestVm;
}

export function guestHost(
  options: Partial<Omit<HypervisorOptions, 'memory'>> & { size?: number; harts?: number } = {},
): GuestHost {
  const { size = 32 * MIB, harts = 1, ...rest } = options;
  const queue = new EventQueue();
  const trace = new Trace(queue);
  const memory = new PhysicalMemory({ size, harts });
  const hypervisor = new Hypervisor({ memory, queue, trace, ...rest });
  return {
    hypervisor,
    trace,
    boot(name, source, config = {}) {
      const bytes: number[] = [];
      const output = (printed: Uint8Array) => void bytes.push(...printed);
      const vm = hypervisor.createVm({ name, memory: 4 * MIB, vcpus: 1, output, ...config });
      vm.boot(assembledGuest(source));
      return { vm, output: () => decodeUtf8(Uint8Array.from(bytes)) };
    },
  };
}
