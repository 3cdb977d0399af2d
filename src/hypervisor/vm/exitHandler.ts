/** What a hypervisor does at a VM exit: one exhaustive switch. The vCPU is still on its hart. */
import { unreachable } from '../../base/index.ts';
import type { Hart } from '../../machine/index.ts';
import type { Access, VmExit } from '../vcpu/exits.ts';
import {
  FETCH_ACCESS,
  ILLEGAL_INSTRUCTION,
  injectException,
  LOAD_ACCESS,
  STORE_ACCESS,
  trapHandler,
} from '../vcpu/inject.ts';
import { deviceAccess, extended } from '../vcpu/transformed.ts';
import type { Vcpu } from '../vcpu/vcpu.ts';
import { answerHypercall } from './sbi.ts';
import type { Vm } from './vm.ts';

const WFI = 0x1050_0073;

/** Handles `exit` of `vcpu`, which runs on `hart`. Returns in words what it was about. */
export function handleExit(vm: Vm, vcpu: Vcpu, hart: Hart, exit: VmExit): string {
  switch (exit.kind) {
    case 'guestPageFault':
      return guestPageFault(vm, vcpu, hart, exit);
    case 'hypercall':
      return answerHypercall(vm, vcpu, hart);
    case 'virtualInstruction':
      if (exit.instruction === WFI) {
        hart.pc = (hart.pc + 4) >>> 0;
        vcpu.waitForInterrupt();
        return 'wfi';
      }
      // A hypervisor without guests of its own in its guests: the extension is not there for them.
      injectException(hart, ILLEGAL_INSTRUCTION, exit.instruction);
      return `illegal instruction ${hex(exit.instruction)}`;
    case 'exception':
      injectException(hart, exit.cause, exit.value);
      return `exception ${exit.cause} given to the guest`;
    default:
      return unreachable(exit);
  }
}

function guestPageFault(
  vm: Vm,
  vcpu: Vcpu,
  hart: Hart,
  exit: Extract<VmExit, { kind: 'guestPageFault' }>,
): string {
  const { gpa, access } = exit;
  if (vm.devices.bus.covers(gpa)) {
    const device = access === 'fetch' ? null : deviceAccess(exit.instruction);
    if (device !== null) {
      const done = device.store
        ? vm.devices.bus.store(gpa, device.width, storedValue(hart, device.register, device.width))
        : load(vm, hart, gpa, device);
      if (done) {
        hart.pc = (hart.pc + device.length) >>> 0;
        return `${device.store ? 'store to' : 'load from'} ${hex(gpa)}`;
      }
    }
  } else {
    const found = vm.pageIn(gpa, implicitAccess(exit.instruction) ?? access, exit.gva);
    if (found === null) return `no translation of ${hex(gpa)}: the policy failed`;
    if (found.kind === 'mapped') return `${hex(gpa)} is mapped`;
    if (found.kind === 'noMemory') {
      if (vm.ballooning.starve(vcpu)) return `${hex(gpa)} waits for host memory`;
      vm.powerOff('out of memory');
      return `no host memory for ${hex(gpa)}`;
    }
  }
  // KVM, too, ends a run that cannot fetch (gstage_page_fault() of Linux' arch/riscv/kvm/vcpu_exit.c): a hart would trap for ever.
  if (access === 'fetch' && exit.gva === trapHandler(hart)) {
    vm.powerOff('trap loop');
    return `no fetch of the trap handler at ${hex(gpa)}`;
  }
  injectException(hart, ACCESS_FAULT[access], exit.gva);
  return `no ${access} at ${hex(gpa)}: access fault given to the guest`;
}

/** What the guest's own page-table walk wanted, which faulted on its way to an access of another kind (table of pseudoinstructions). */
function implicitAccess(instruction: number): Access | null {
  return instruction === 0x2000 ? 'load' : instruction === 0x2020 ? 'store' : null;
}

const ACCESS_FAULT: Readonly<Record<Access, number>> = {
  fetch: FETCH_ACCESS,
  load: LOAD_ACCESS,
  store: STORE_ACCESS,
};

function storedValue(hart: Hart, register: number, width: number): number {
  const value = hart.readRegister(register);
  return width === 4 ? value : value & ((1 << (8 * width)) - 1);
}

function load(
  vm: Vm,
  hart: Hart,
  gpa: number,
  access: NonNullable<ReturnType<typeof deviceAccess>>,
): boolean {
  const value = vm.devices.bus.load(gpa, access.width);
  if (value === null) return false;
  hart.writeRegister(access.register, extended(value, access));
  return true;
}

const hex = (value: number) => `0x${value.toString(16)}`;
