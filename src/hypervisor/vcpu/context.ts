/**
 * What a vCPU keeps while no hart runs it: the general registers, pc, mode and the VS-mode registers (RISC-V Privileged Architecture,
 * "Virtual Supervisor Registers"). A world switch is one `load` and one `save`.
 */
import type { Hart } from '../../machine/index.ts';

/** Swapped with the vCPU. scounteren and senvcfg have no VS copies of their own; hypervisors swap them as well. */
const SWAPPED = [
  'vsstatus',
  'vsie',
  'vstvec',
  'vsscratch',
  'vsepc',
  'vscause',
  'vstval',
  'vsatp',
  'scounteren',
  'senvcfg',
] as const;
type SwappedCsr = (typeof SWAPPED)[number];

/** Supervisor and user level, as the hart names them. */
export type GuestPrivilege = 0 | 1;

/** Plain data, so that snapshots and migration can carry it. */
export interface VcpuState {
  readonly registers: readonly number[];
  readonly pc: number;
  readonly privilege: GuestPrivilege;
  readonly csrs: Readonly<Record<SwappedCsr, number>>;
  /** Virtual interrupts that are pending: bits VSSIP (2), VSTIP (6), VSEIP (10) of hvip. */
  readonly interrupts: number;
}

/** A vCPU as its firmware leaves it: VS-mode, no translation, hart id in a0, `argument` in a1 (the boot protocol of Linux, and SBI's HSM). */
export function initialState(
  entry: number,
  hartId: number,
  argument: number,
  others: ReadonlyMap<number, number> = new Map(),
): VcpuState {
  const registers = new Array<number>(32).fill(0);
  registers[10] = hartId;
  registers[11] = argument;
  for (const [number, value] of others) registers[number] = value;
  const csrs = Object.fromEntries(SWAPPED.map((name) => [name, 0])) as Record<SwappedCsr, number>;
  return { registers, pc: entry, privilege: 1, csrs, interrupts: 0 };
}

/** Puts a vCPU's state into a hart, which is in V=1 afterwards. */
export function loadState(hart: Hart, state: VcpuState): void {
  for (const [number, value] of state.registers.entries()) hart.writeRegister(number, value);
  for (const name of SWAPPED) hart.writeCsr(name, state.csrs[name]);
  hart.writeCsr('hvip', state.interrupts);
  hart.pc = state.pc;
  hart.setMode(state.privilege, true);
}

/** Takes the state of the vCPU that `hart` runs. */
export function saveState(hart: Hart): VcpuState {
  return {
    registers: Array.from({ length: 32 }, (_, number) => hart.readRegister(number)),
    pc: hart.pc,
    privilege: hart.privilege === 0 ? 0 : 1,
    csrs: Object.fromEntries(SWAPPED.map((name) => [name, hart.readCsr(name)])) as Record<SwappedCsr, number>,
    interrupts: hart.readCsr('hvip'),
  };
}
