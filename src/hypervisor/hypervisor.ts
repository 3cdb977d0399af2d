/**
 * A type 1 hypervisor: it owns the machine's memory and harts, makes VMs out of them, and shares the processors out. Virtual time is the
 * machine's own: instructions of guests, and what leaving and entering them costs.
 */
import { assert, EventQueue, type Nanos, type ScheduledEvent, type Trace } from '../base/index.ts';
import {
  Hart,
  NANOS_PER_TICK,
  type PhysicalMemory,
  type RunLimits,
  Scheduler,
  type StopReason,
} from '../machine/index.ts';
import { EmbeddedScheduler } from './embedded.ts';
import { FRAME_BYTES, FrameAllocator } from './memory/frames.ts';
import { MemoryPressure } from './memory/pressure.ts';
import { PhysicalCpu, type Runnable, type RunQueue, type Turn } from './physicalCpu.ts';
import { consultOr } from './policies/consult.ts';
import { ownFrames } from './policies/translate.ts';
import type {
  PickVcpu,
  PolicyFault,
  ReportPolicyFault,
  RunnableVcpu,
  Translate,
  VcpuTurn,
} from './policies/types.ts';
import { fairShares, readTurn } from './scheduling.ts';
import { type VmConfig, VmError, type VmHost, type VmParts } from './vm/config.ts';
import { Vm } from './vm/vm.ts';

export interface HypervisorOptions {
  /** The machine's RAM, made for as many harts as there are to be processors. */
  readonly memory: PhysicalMemory;
  /** The world's clock; a clock of its own when it is left out. */
  readonly queue?: EventQueue;
  /** Whether whoever owns the queue also runs it: guests then run as events of it, and {@link Hypervisor.run} is not to be called. */
  readonly embedded?: boolean;
  readonly trace?: Trace | null;
  /** Whether each VM exit goes to the trace. */
  readonly traceExits?: boolean;
  /** Virtual time of one instruction; 10 ns is 100 MHz. */
  readonly nanosPerInstruction?: Nanos;
  /** How long a vCPU runs before others have their turn, in fair shares. */
  readonly quantum?: Nanos;
  /** Chooses who runs next; fair shares by weight when it is left out, and for a turn at which it fails. */
  readonly pickVcpu?: PickVcpu;
  /** Fills the VMs' stage-2 tables; each VM's own frames when it is left out. */
  readonly translate?: Translate;
  /** RAM of all VMs as a ratio to the host's memory, tables included: a VM beyond it is refused. No limit when left out: frames come at first use. */
  readonly memoryRatio?: number;
  /** Hears when one of the two threw or answered nonsense; the trace does too. */
  readonly onPolicyFault?: ReportPolicyFault;
}

const MILLISECOND = 1_000_000;
/** How often a VM that is being brought to rest is looked at, in ns. */
const REST_POLL = 10_000;

export class Hypervisor implements RunQueue {
  readonly memory: PhysicalMemory;
  readonly frames: FrameAllocator;
  readonly queue: EventQueue;
  readonly #trace: Trace | null;
  readonly #vms = new Map<string, Vm>();
  readonly #cpus: readonly PhysicalCpu[];
  readonly #driver: Scheduler | EmbeddedScheduler;
  readonly #shares: PickVcpu;
  readonly #pick: PickVcpu;
  readonly #translate: Translate;
  readonly #onPolicyFault: ReportPolicyFault;
  readonly #memoryRatio: number | null;
  readonly #pressure: MemoryPressure;
  readonly #taken = new Set<Runnable['vcpu']>();

  constructor(options: HypervisorOptions) {
    const { memory, queue = new EventQueue(), trace = null, nanosPerInstruction = 10 } = options;
    const quantum = options.quantum ?? 2 * MILLISECOND;
    assert(Number.isInteger(quantum) && quantum > 0, `a quantum of ${quantum} ns`);
    this.memory = memory;
    this.queue = queue;
    this.#trace = trace;
    this.frames = new FrameAllocator(memory);
    this.#shares = fairShares(quantum);
    this.#pick = options.pickVcpu ?? this.#shares;
    this.#translate = options.translate ?? ownFrames;
    this.#onPolicyFault = options.onPolicyFault ?? (() => {});
    this.#memoryRatio = options.memoryRatio ?? null;
    // One processor alone need not wait for others: only how soon it meets the world's other events depends on its slice.
    const slice = Math.min(quantum, options.embedded && memory.harts === 1 ? 100_000 : 10_000);
    this.#driver = options.embedded
      ? new EmbeddedScheduler(queue, nanosPerInstruction, slice)
      : new Scheduler(queue, nanosPerInstruction, slice);
    const time = () => BigInt(Math.floor(this.now / NANOS_PER_TICK));
    this.#cpus = Array.from({ length: memory.harts }, (_, id) => {
      const hart = new Hart({ memory, hartId: id, time });
      const cpu = new PhysicalCpu({
        id,
        hart,
        queue: this,
        trace,
        traceExits: options.traceExits ?? false,
        nanosPerInstruction,
      });
      cpu.reset();
      return cpu;
    });
    this.#driver.connect(this.#cpus);
    this.#pressure = new MemoryPressure({
      frames: this.frames,
      timers: this.#driver,
      lenders: () => this.vms.map(({ ballooning }) => ballooning),
    });
  }

  /** Virtual time, exact while a single processor runs. */
  get now(): Nanos {
    return this.#driver.now;
  }

  /** Instructions of all processors, those of the hypervisor included. */
  get instructions(): number {
    return this.#driver.instructions;
  }

  get vms(): readonly Vm[] {
    return [...this.#vms.values()];
  }

  /** A VM that is defined and does not run yet. Throws VmError when the host has no room for it, or one of that name. */
  createVm(config: VmConfig, parts: VmParts | null = null): Vm {
    if (this.#vms.has(config.name)) throw new VmError('exists', `there is a VM ${config.name} already`);
    this.#admit(config);
    const { memory, frames } = this;
    const host: VmHost = {
      memory,
      frames,
      timers: this.#driver,
      trace: this.#trace,
      translate: this.#translate,
      reportFault: (fault) => this.#report(fault),
      flush: () => this.#flush(),
      pressure: this.#pressure,
    };
    const vm = new Vm(config, host, parts);
    this.#vms.set(config.name, vm);
    return vm;
  }

  /** Ends a VM and takes everything back that it had. */
  destroyVm(vm: Vm): void {
    this.quiesce();
    vm.destroy();
    this.#vms.delete(vm.name);
    assert(
      this.frames.usedBy(vm.name).guest === 0 && this.frames.usedBy(vm.name).table === 0,
      `frames of ${vm.name} are left`,
    );
  }

  /** Pauses a VM, and calls `then` as soon as its devices have nothing under way: it can be saved then. */
  bringToRest(vm: Vm, then: () => void): void {
    vm.pause();
    if (vm.devices.busy) this.after(REST_POLL, () => this.bringToRest(vm, then));
    else {
      this.quiesce();
      then();
    }
  }

  /** Calls `run` in `delay` ns of virtual time. */
  after(delay: Nanos, run: () => void): ScheduledEvent {
    return this.#driver.after(delay, run);
  }

  /** Has the guest of a VM with a balloon do with `bytes` of its RAM: how soon it gives the rest, and whether, is its own affair. */
  setMemory(vm: Vm, bytes: number): void {
    vm.ballooning.setMemory(bytes);
    this.wake();
  }

  #admit({ name, memory }: VmConfig): void {
    if (this.#memoryRatio === null) return;
    const promised = this.vms.reduce((sum, vm) => sum + vm.memory.size, memory);
    const most = Math.floor(this.frames.total * FRAME_BYTES * this.#memoryRatio);
    if (promised > most)
      throw new VmError(
        'noMemory',
        `${promised} bytes would be promised with ${name}, and the host allows ${most}`,
      );
  }

  /** Lets a paused VM go on. */
  resume(vm: Vm): void {
    vm.resume();
    this.wake();
  }

  /** Takes all vCPUs off their processors: states and stage-2 tables may be looked at and changed, and are read anew at the next entry. */
  quiesce(): void {
    for (const cpu of this.#cpus) cpu.release();
  }

  /** Runs until a limit is reached, or nothing will ever happen again: all VMs are off or wait for something from outside. */
  run(limits: RunLimits = {}): StopReason {
    assert(this.#driver instanceof Scheduler, 'the world runs these processors');
    return this.#driver.run(limits);
  }

  /** To be called where the world runs the processors, after anything from outside that may let a VM go on: typed input, a start, a resumption. */
  wake(): void {
    if (this.#driver instanceof EmbeddedScheduler) this.#driver.wake();
  }

  get waiting(): boolean {
    for (const vm of this.#vms.values()) {
      if (vm.stopped === null && !vm.paused && !vm.held && vm.vcpus.some((vcpu) => this.#free(vcpu)))
        return true;
    }
    return false;
  }

  /** Empties all stage-2 tables, after the memory policy was changed: each page is translated anew at its next use, with what is in it. */
  forgetTranslations(): void {
    for (const vm of this.#vms.values()) vm.translation.forget();
  }

  take(): Turn | null {
    const runnable = this.vms
      .filter((vm) => vm.stopped === null && !vm.paused && !vm.held)
      .flatMap((vm) => vm.vcpus.filter((vcpu) => this.#free(vcpu)).map((vcpu) => ({ vm, vcpu })));
    if (runnable.length === 0) return null;
    const { next, quantum } = this.#choose(runnable);
    const chosen = runnable[next]!;
    this.#taken.add(chosen.vcpu);
    return { ...chosen, quantum };
  }

  putBack(runnable: Runnable): void {
    this.#taken.delete(runnable.vcpu);
  }

  #choose(runnable: readonly Runnable[]): VcpuTurn {
    const views: readonly RunnableVcpu[] = Object.freeze(
      runnable.map(({ vm, vcpu }) =>
        Object.freeze({ vm: vm.name, vcpu: vcpu.id, weight: vm.weight, runtime: vcpu.runtime }),
      ),
    );
    const { now } = this.queue;
    return consultOr(
      { policy: 'pickVcpu', subject: null },
      () => this.#pick(views, now),
      (answer) => readTurn(answer, views.length),
      (fault) => this.#report(fault),
      () => this.#shares(views, now),
    );
  }

  #report(fault: PolicyFault): void {
    this.#trace?.emit('policy.fault', fault.subject ?? 'host', {
      policy: fault.policy,
      message: fault.message,
    });
    this.#onPolicyFault(fault);
  }

  #flush(): void {
    for (const cpu of this.#cpus) cpu.flush();
  }

  #free(vcpu: Runnable['vcpu']): boolean {
    return !this.#taken.has(vcpu) && vcpu.runnable;
  }
}
