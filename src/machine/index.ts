/** What other rooms and tests use of the machine: a RISC-V computer. */
export {
  type AssembleOptions,
  type Assembly,
  assemble,
  type Program,
  type ProgramSection,
  type ProgramSymbol,
} from './asm/assembler.ts';
export type { Diagnostic } from './asm/diagnostics.ts';
export { type Disassembled, type DisassembleOptions, disassemble } from './asm/disassembler.ts';
export { writeElf } from './asm/elfWriter.ts';
export type { LineEntry } from './asm/emit.ts';
export { type Field, type FieldName, fieldOf } from './asm/isa/fields.ts';
export { fieldsOf, type Instruction } from './asm/isa/instruction.ts';
export { instructions } from './asm/isa/table.ts';
export type { BusDevice, Core, InterruptBit, InterruptLines, Width } from './bus.ts';
export { MEIP, MSIP, MTIP, SEIP } from './bus.ts';
export { Aclint, type AclintState, NANOS_PER_TICK } from './devices/aclint.ts';
export { Finisher, type FinisherActions } from './devices/finisher.ts';
export { Gpio, type GpioState } from './devices/gpio.ts';
export type { InterruptWire } from './devices/interruptWire.ts';
export { Plic, type PlicState } from './devices/plic.ts';
export { Uart, type UartState } from './devices/uart.ts';
export { platformTree } from './deviceTree/platformTree.ts';
export { type DeviceTreeNode, flattenDeviceTree } from './deviceTree/writer.ts';
export { ElfError, type ElfErrorName, loadElf, parseElf } from './elf.ts';
export { Hart } from './hart/hart.ts';
export type { HartSnapshot } from './hart/state.ts';
export type { TrapExit, TrapHook } from './hart/traps.ts';
export { PhysicalMemory } from './memory.ts';
export {
  CLINT_BASE,
  FINISHER_BASE,
  GPIO_BASE,
  GPIO_SOURCE,
  PLIC_BASE,
  PLIC_SOURCES,
  RAM_BASE,
  UART_BASE,
  UART_SOURCE,
  VIRTIO_BASE,
  VIRTIO_FIRST_SOURCE,
  VIRTIO_SLOTS,
  VIRTIO_STRIDE,
} from './memoryMap.ts';
export { type CoreWiring, Platform, type PlatformConfig, type PlatformStop } from './platform.ts';
export { type RunLimits, Scheduler, type StopReason } from './scheduler.ts';
export { SystemBus } from './systemBus.ts';
export type { Timers } from './timing.ts';

import './events.ts';

export {
  BALLOON_LATENCY,
  BALLOON_PAGE_TIME,
  type BalloonBackend,
  BalloonDevice,
} from './virtio/balloon.ts';
export { BLOCK_LATENCY, BLOCK_SECTOR_TIME, type BlockBackend, BlockDevice } from './virtio/block.ts';
export { CONSOLE_LATENCY, ConsoleDevice } from './virtio/console.ts';
export type { DeviceState, VirtioDevice, VirtioLink } from './virtio/device.ts';
export type { Dma } from './virtio/dma.ts';
export { DriverError } from './virtio/driverError.ts';
export { EmptyVirtioSlot } from './virtio/emptySlot.ts';
export { ENTROPY_LATENCY, EntropyDevice } from './virtio/entropy.ts';
export { VirtioMmio, type VirtioState } from './virtio/mmio.ts';
export { NET_LATENCY, type NetBackend, NetDevice } from './virtio/net.ts';
