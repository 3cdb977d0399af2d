/**
 * A processor of the host under its hypervisor: a hart that runs vCPUs in turns. `run` is the hypervisor's loop: choose a vCPU, enter the
 * guest, leave it at a VM exit, handle that, enter again.
 */
import { assert, type Nanos, type Trace } from '../base/index.ts';
import type { Core, Hart, InterruptBit } from '../machine/index.ts';
import './events.ts';
import { exitOf, type VmExit } from './vcpu/exits.ts';
import type { Vcpu } from './vcpu/vcpu.ts';
import { handleExit } from './vm/exitHandler.ts';
import type { Vm } from './vm/vm.ts';

/** A vCPU that waits for a processor. */
export interface Runnable {
  readonly vm: Vm;
  readonly vcpu: Vcpu;
}

/** A vCPU on a processor, and how long it may stay before the others have their turn. */
export interface Turn extends Runnable {
  /** Null until it waits by itself. */
  readonly quantum: Nanos | null;
}

/** Where processors get their work. */
export interface RunQueue {
  /** Takes the vCPU that is to run next away from the others; null when none can. */
  take(cpu: number): Turn | null;
  /** Gives it back after its turn. */
  putBack(runnable: Runnable): void;
  /** Whether any could be taken. */
  readonly waiting: boolean;
}

export interface PhysicalCpuOptions {
  readonly id: number;
  readonly hart: Hart;
  readonly queue: RunQueue;
  readonly trace: Trace | null;
  /** Whether each VM exit goes to the trace: many, for figures and exercises that follow single ones. */
  readonly traceExits: boolean;
  readonly nanosPerInstruction: Nanos;
}

/** What leaving a guest, handling and entering again costs, in instructions of the hypervisor. A model, not a measurement. */
export const EXIT_INSTRUCTIONS = 150;
/** What changing from one vCPU to another costs. */
export const SWITCH_INSTRUCTIONS = 300;

/** Exceptions that guests handle themselves: their own page faults, system calls, breakpoints, misaligned and illegal instructions. */
const GUEST_EXCEPTIONS = [0, 2, 3, 4, 6, 8, 12, 13, 15].reduce((bits, cause) => bits | (1 << cause), 0);
const VS_INTERRUPTS = (1 << 2) | (1 << 6) | (1 << 10);
/** hstatus.VTW: WFI leaves the guest, so that somebody else can use the processor meanwhile. */
const VTW = 1 << 21;
const ADUE = 1 << 29;
/** cycle, time and instret for guests. */
const COUNTERS = 7;
const SV32X4 = 2 ** 31;

export class PhysicalCpu implements Core {
  readonly #options: PhysicalCpuOptions;
  readonly #hart: Hart;
  #current: Turn | null = null;
  /** Instructions of the current turn's vCPU. */
  #turn = 0;
  #used = 0;
  #entered = false;
  #yielding = false;
  #exit: VmExit | null = null;

  constructor(options: PhysicalCpuOptions) {
    this.#options = options;
    this.#hart = options.hart;
  }

  get waiting(): boolean {
    return this.#current === null && !this.#options.queue.waiting;
  }

  get progress(): number {
    return this.#used + (this.#entered ? this.#hart.progress : 0);
  }

  /** The vCPU that runs here. */
  get current(): Runnable | null {
    return this.#current;
  }

  /** The hypervisor's own setting up: what guests may do by themselves, and what leaves them. */
  reset(): void {
    const hart = this.#hart;
    hart.reset(0, 0);
    hart.hookTraps((trap) => {
      this.#exit = exitOf(trap);
      return 'stop';
    });
    const registers: Record<string, number> = {
      // All memory below M-mode: one NAPOT region over everything.
      pmpaddr0: 0xffff_ffff,
      pmpcfg0: 0x1f,
      medeleg: 0xffff_ffff,
      mideleg: 0xffff_ffff,
      mcounteren: COUNTERS,
      hcounteren: COUNTERS,
      menvcfgh: ADUE,
      henvcfgh: ADUE,
      hedeleg: GUEST_EXCEPTIONS,
      hideleg: VS_INTERRUPTS,
      hstatus: VTW,
    };
    for (const [name, value] of Object.entries(registers)) hart.writeCsr(name, value);
  }

  /** No device is wired to the host's harts here: the hypervisor's own are the virtio back ends, which call it back in virtual time. */
  setInterrupt(_bit: InterruptBit, _level: boolean): void {
    assert(false, 'a processor under a hypervisor has no wires');
  }

  yieldSoon(): void {
    this.#yielding = true;
    if (this.#entered) this.#hart.yieldSoon();
  }

  run(budget: number): number {
    this.#used = 0;
    this.#yielding = false;
    while (this.#used < budget && !this.#yielding) {
      if (this.#current === null && !this.#choose()) break;
      if (this.#mayGoOn()) this.#enter(budget);
      if (!this.#mayGoOn()) this.release();
    }
    return this.#used;
  }

  /** Takes the vCPU off the hart, so that its VM can be looked at, saved or destroyed. */
  release(): void {
    if (this.#current === null) return;
    const current = this.#current;
    const used = this.#turn * this.#options.nanosPerInstruction;
    this.#current = null;
    if (current.vcpu.loaded) current.vcpu.save();
    current.vcpu.runtime += used;
    this.#options.queue.putBack(current);
  }

  /** Forgets translations: stage-2 tables were changed. */
  flush(): void {
    this.#hart.flushTranslations();
  }

  #choose(): boolean {
    const chosen = this.#options.queue.take(this.#options.id);
    if (chosen === null) return false;
    const { vm, vcpu } = chosen;
    this.#current = chosen;
    this.#turn = 0;
    this.#charge(SWITCH_INSTRUCTIONS);
    this.#hart.writeCsr('hgatp', SV32X4 + vm.stage2.root);
    this.#hart.writeCsr('htimedelta', Number(BigInt.asUintN(32, vm.timeDelta)));
    this.#hart.writeCsr('htimedeltah', Number(BigInt.asUintN(32, vm.timeDelta >> 32n)));
    this.#hart.dropReservation();
    vcpu.load(this.#hart);
    this.#options.trace?.emit('vcpu.run', vm.name, { cpu: this.#options.id, vm: vm.name, vcpu: vcpu.id });
    return true;
  }

  /** Runs the guest until it exits, the budget or its quantum is used up, or an event wants to be looked at. */
  #enter(budget: number): void {
    const { vcpu, quantum } = this.#current!;
    const left =
      quantum === null ? budget : Math.ceil(quantum / this.#options.nanosPerInstruction) - this.#turn;
    vcpu.present();
    this.#exit = null;
    this.#entered = true;
    const executed = this.#hart.run(Math.max(1, Math.min(budget - this.#used, left)));
    this.#entered = false;
    this.#charge(executed);
    if (this.#exit !== null) this.#handle(this.#exit);
  }

  #handle(exit: VmExit): void {
    const { vm, vcpu } = this.#current!;
    const { pc } = this.#hart;
    this.#charge(EXIT_INSTRUCTIONS);
    vm.exits[exit.kind] = (vm.exits[exit.kind] ?? 0) + 1;
    const detail = handleExit(vm, vcpu, this.#hart, exit);
    if (this.#options.traceExits) {
      this.#options.trace?.emit('vm.exit', vm.name, { vcpu: vcpu.id, exit: exit.kind, detail, pc });
    }
  }

  /** Not when this vCPU waits, was stopped or started anew by somebody else, or has had its turn. */
  #mayGoOn(): boolean {
    const { vm, vcpu, quantum } = this.#current!;
    const spent = quantum !== null && this.#turn * this.#options.nanosPerInstruction >= quantum;
    return !spent && !vm.paused && !vm.held && vcpu.loaded && vcpu.runnable;
  }

  #charge(instructions: number): void {
    this.#used += instructions;
    this.#turn += instructions;
  }
}
