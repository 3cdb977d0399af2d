/**
 * VM exits: why a hart left a guest, with what the hardware tells about it (RISC-V Privileged Architecture, hypervisor extension,
 * "Traps"). A handler is one exhaustive switch over {@link VmExit}.
 */
import { assert } from '../../base/index.ts';
import type { TrapExit } from '../../machine/index.ts';

export type Access = 'load' | 'store' | 'fetch';

export type VmExit =
  /** A guest physical address that stage 2 does not map, or not for this access. */
  | {
      readonly kind: 'guestPageFault';
      readonly access: Access;
      /** Guest physical address: htval, all 34 bits. */
      readonly gpa: number;
      /** Guest virtual address: stval. */
      readonly gva: number;
      /** htinst: the transformed instruction; a pseudoinstruction when the guest's own page-table walk met the fault; 0 when unknown. */
      readonly instruction: number;
    }
  /** ecall in VS-mode: the guest asks its hypervisor (SBI). */
  | { readonly kind: 'hypercall' }
  /** An instruction that the hypervisor keeps from the guest: WFI under hstatus.VTW, HFENCE, HLV, the h… registers. */
  | { readonly kind: 'virtualInstruction'; readonly instruction: number }
  /** Anything else that was not delegated to the guest. */
  | { readonly kind: 'exception'; readonly cause: number; readonly value: number };

/** Exception codes (table "Machine and supervisor cause register values after traps"). */
const ECALL_VS = 10;
const FETCH_GUEST_PAGE = 20;
const LOAD_GUEST_PAGE = 21;
const VIRTUAL_INSTRUCTION = 22;
const STORE_GUEST_PAGE = 23;

/** What a trap out of V=1 is for the hypervisor. */
export function exitOf(trap: TrapExit): VmExit {
  assert(
    trap.virtual && !trap.interrupt,
    `${trap.interrupt ? 'interrupt' : 'exception'} ${trap.cause} is no VM exit`,
  );
  const fault = (access: Access): VmExit => ({
    kind: 'guestPageFault',
    access,
    gpa: trap.gpa,
    gva: trap.tval,
    instruction: trap.tinst >>> 0,
  });
  switch (trap.cause) {
    case ECALL_VS:
      return { kind: 'hypercall' };
    case FETCH_GUEST_PAGE:
      return fault('fetch');
    case LOAD_GUEST_PAGE:
      return fault('load');
    case STORE_GUEST_PAGE:
      return fault('store');
    case VIRTUAL_INSTRUCTION:
      return { kind: 'virtualInstruction', instruction: trap.tval >>> 0 };
    default:
      return { kind: 'exception', cause: trap.cause, value: trap.tval >>> 0 };
  }
}
