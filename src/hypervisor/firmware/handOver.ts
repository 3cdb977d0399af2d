/** A policy's answer → how the VM's first vCPU begins, and what its console says. */
import { OsError } from '../../base/index.ts';
import { consult, fieldsOf, PolicyError, shown, wholeNumber } from '../policies/consult.ts';
import type { ReportPolicyFault } from '../policies/types.ts';
import type { Boot, BootDevice, BootResult, PassedOver } from './policy.ts';
import { BOOT_ADDRESS, HALT_ENTRY, HANDED_ENTRY } from './rom.ts';

/** A VM's boot policy, and the devices it may choose from. */
export interface BootChoice {
  readonly policy: Boot;
  readonly devices: readonly BootDevice[];
}

export interface BootingVm {
  readonly name: string;
  readonly deviceTree: number;
  /** Slots in boot order; null: all devices, disks first. */
  readonly order: readonly number[] | null;
  /** False when the range is not wholly RAM. */
  write(address: number, bytes: Uint8Array): boolean;
  report: ReportPolicyFault;
}

export interface HandOver {
  readonly entry: number;
  /** Of x0 … x31, by their numbers. */
  readonly registers: ReadonlyMap<number, number>;
  /** For the console. */
  readonly said: string;
}

const A0 = 10;

/** Asks the policy; null when the boot ROM is to do it. A policy that fails is reported, and the VM says so and waits. */
export function handOver({ policy, devices }: BootChoice, vm: BootingVm): HandOver | null {
  const memory = Object.freeze({
    hart: 0,
    deviceTree: vm.deviceTree,
    bootAddress: BOOT_ADDRESS,
    write(address: number, bytes: Uint8Array) {
      if (!(bytes instanceof Uint8Array)) throw new Error(`write was given ${shown(bytes)}, not bytes`);
      if (!vm.write(wholeNumber(address, 'the address', 0, 2 ** 32 - 1), bytes)) throw new OsError('EFAULT');
    },
  });
  try {
    const result = consult(
      { policy: 'boot', subject: vm.name },
      () => policy(devices, names(devices, vm.order), memory),
      readResult,
    );
    return result === null ? null : begin(result, vm.deviceTree);
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    vm.report(error.fault);
    return begin(
      { failure: `The boot policy failed: ${error.fault.message}`, passedOver: [] },
      vm.deviceTree,
    );
  }
}

/** A slot without a device has a name too, so that a policy can tell of it. */
function names(devices: readonly BootDevice[], order: readonly number[] | null): readonly string[] {
  const ofKind = (kind: BootDevice['kind']) => devices.filter((device) => device.kind === kind);
  if (order === null) return [...ofKind('disk'), ...ofKind('network')].map(({ name }) => name);
  return order.map((slot) => devices.find((device) => device.slot === slot)?.name ?? `slot ${slot}`);
}

function begin(result: BootResult, deviceTree: number): HandOver {
  const lines = result.passedOver.map(({ device, reason }) => `${device}: passed over: ${reason}`);
  const last = 'failure' in result ? result.failure : `${result.device}: starting at 0x${hex(result.entry)}`;
  const { a0, a1, a2 } = 'failure' in result ? { a0: 0, a1: deviceTree, a2: 0 } : result.registers;
  const target = 'failure' in result ? HALT_ENTRY : result.entry;
  const values = [a0, a1, a2, target, 0, deviceTree];
  return {
    entry: HANDED_ENTRY,
    registers: new Map(values.map((value, i) => [A0 + i, value | 0])),
    said: [...lines, last].map((line) => `${line}\r\n`).join(''),
  };
}

const hex = (value: number) => value.toString(16);

/** Throws an error that says what is wrong with an answer. */
function readResult(answer: unknown): BootResult | null {
  if (answer === null) return null;
  const { passedOver, failure, device, entry, registers } = fieldsOf(answer);
  if (!Array.isArray(passedOver)) throw new Error(`passedOver is ${shown(passedOver)}, not a list`);
  const passed = passedOver.map(readPassedOver);
  if (typeof failure === 'string') return { failure, passedOver: passed };
  if (typeof device !== 'string') throw new Error(`device is ${shown(device)}, not a name`);
  const given = fieldsOf(registers);
  const register = (name: string) => wholeNumber(given[name], `registers.${name}`, 0, 2 ** 32 - 1);
  return {
    device,
    entry: wholeNumber(entry, 'entry', 0, 2 ** 32 - 1),
    registers: { a0: register('a0'), a1: register('a1'), a2: register('a2') },
    passedOver: passed,
  };
}

function readPassedOver(entry: unknown): PassedOver {
  const { device, reason } = fieldsOf(entry);
  if (typeof device === 'string' && typeof reason === 'string') return { device, reason };
  throw new Error(`passedOver has ${shown(entry)}, not { device, reason }`);
}
